/** Tells how one opened endpoint is reached: each distinct connection once, from the first to the last. */
import { canonicalJson } from '../../kernel/canonical-json.ts';
import type { Connected } from '../../kernel/connected.ts';
import type { Connector, Role } from '../sdk/index.ts';
import type { Examined } from './conformance.ts';
import { blotOut } from './translate.ts';

/** What a connector may say of its connections; the rest is left out. */
const DISTINCT_MAX = 100;
const FACTS_MAX = 40;
const FACT_CHARS_MAX = 500;

/** Whoever keeps the evidence; `report` is the connector's conformance report, where there is one. */
export type TellConnected = (connected: Connected, report: Uint8Array | undefined) => void;

type Facts = Readonly<Record<string, string | number | boolean>>;

export interface Telling {
  readonly connector: Connector;
  readonly isolation: string;
  readonly examined: Examined;
  readonly role: Role;
  readonly secrets: readonly string[];
  readonly tell: TellConnected;
}

export class Connections {
  readonly #of: Telling;
  readonly #told = new Set<string>();

  constructor(telling: Telling) {
    this.#of = telling;
  }

  /** The connector negotiated this. */
  negotiated(facts: Facts): void {
    const kept = Object.entries(facts).slice(0, FACTS_MAX);
    this.#tell(Object.fromEntries(kept.map(([name, value]) => [name, this.#text(value)])));
  }

  /** It is open. Where it leaves its machine by no network, there is nothing to negotiate. */
  opened(): void {
    if (this.#transport === null) this.#tell(null);
  }

  /** It is closed. That a connector said nothing of its connections is said as well. */
  closed(): void {
    if (this.#told.size === 0) this.#tell(null);
  }

  get #transport(): string | null {
    const { transport } = this.#of.connector.capabilities;
    return transport === undefined || transport === 'memory' ? null : transport;
  }

  #text(value: unknown): string {
    return blotOut(String(value), this.#of.secrets).slice(0, FACT_CHARS_MAX);
  }

  #tell(negotiated: Connected['negotiated']): void {
    const key = canonicalJson(negotiated);
    if (this.#told.has(key) || this.#told.size >= DISTINCT_MAX) return;
    this.#told.add(key);
    const { connector, examined, isolation, role, tell } = this.#of;
    const { id, version } = connector;
    const { name, sha256, tested, report } = examined;
    tell(
      {
        role,
        connector: { id, version, package: name, sha256, isolation },
        conformance: tested,
        transport: this.#transport,
        negotiated,
      },
      report,
    );
  }
}
