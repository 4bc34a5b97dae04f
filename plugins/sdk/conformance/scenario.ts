/** A rule of the contract with a name, and what it is given to look at a connector. */
import type { Connector, ConnectorContext } from '../connector.ts';
import type { Source } from '../source.ts';
import type { Target } from '../target.ts';
import type { Harness, Means, Place, Trouble } from './harness.ts';

/** A place with a connector's openings; opening again is what a restart does. */
export interface Stage {
  readonly connector: Connector;
  readonly harness: Harness;
  readonly place: Place;
  /** Of the place, as the connector's schema understood it. */
  readonly config: unknown;
  readonly context: ConnectorContext;
  /** Everything the connector logged through this stage. */
  readonly logged: readonly string[];
  source(): Promise<Source>;
  target(): Promise<Target>;
  /** Takes away what need not survive a restart: what was spooled as fleeting. */
  forget(): Promise<void>;
  /** Puts the place into trouble; fails when the harness cannot and did not say why. Resolves to the configuration. */
  trouble(trouble: Trouble): Promise<unknown>;
}

export interface Scenario {
  /** Stable and short: `read.from-offset`. Reports and evidence refer to it. */
  readonly name: string;
  /** What is promised, as a sentence. */
  readonly promise: string;
  /** Why a connector that declares this need not keep it. */
  unless?(connector: Connector): string | undefined;
  /** What it needs besides a place. */
  readonly needs?: readonly Means[] | undefined;
  run(stage: Stage): Promise<void>;
}

/** Scenarios that only a source keeps; they put items of any name and content there first. */
export function ofSource(...scenarios: readonly Scenario[]): readonly Scenario[] {
  return scenarios.map((each) => ({
    ...only(each, (it) => (it.roles.includes('source') ? undefined : 'it is no source')),
    needs: ['items', ...(each.needs ?? [])],
  }));
}

/** Scenarios that only a target of whole items keeps, which gives them back. */
export function ofBytesTarget(...scenarios: readonly Scenario[]): readonly Scenario[] {
  const takes = ({ capabilities }: Connector) => capabilities.shapes.includes('bytes');
  return scenarios.map((each) => only(each, (it) => (takes(it) ? unreadable(it) : 'it takes no bytes')));
}

/** Scenarios that only a target keeps whose receiver's word is all there is. */
export function ofAcknowledgedTarget(...scenarios: readonly Scenario[]): readonly Scenario[] {
  return scenarios.map((each) => only(each, (it) => (unreadable(it) ? undefined : 'it can be read back')));
}

/** Why what has to be read back need not be: the scenarios `acknowledged.*` stand in its place. */
export function unreadable({ capabilities }: Connector): string | undefined {
  return capabilities.readBack === false ? 'what it commits cannot be read back, as it declares' : undefined;
}

/** Scenarios that only a target of records keeps. */
export function ofRecordsTarget(...scenarios: readonly Scenario[]): readonly Scenario[] {
  const takes = ({ capabilities }: Connector) => capabilities.shapes.includes('records');
  return scenarios.map((each) => only(each, (it) => (takes(it) ? undefined : 'it takes no records')));
}

function only(scenario: Scenario, absent: (connector: Connector) => string | undefined): Scenario {
  return { ...scenario, unless: (connector) => absent(connector) ?? scenario.unless?.(connector) };
}
