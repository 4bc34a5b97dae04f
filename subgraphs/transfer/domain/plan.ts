/** What transfer reads of the sealed plan and the sealed policy: the two ends, and how to move between them. */
import { type BandwidthRules, NO_CAPS } from '../../../kernel/bandwidth.ts';
import { canonicalJson, type Json } from '../../../kernel/canonical-json.ts';
import { sha256, type Sha256 } from '../../../kernel/digest.ts';
import { brokenPromise } from '../../../kernel/fault.ts';
import type { RetryRules } from './pause.ts';
import { DEPENDENCY_ENDS, type DependencyEnd } from './wait.ts';

/** A way into a system. `secrets` are references, never the secrets. */
export type Endpoint = {
  readonly connector: string;
  readonly config: Json;
  readonly secrets: Readonly<Record<string, string>>;
  /** Where a third-party connector may connect to: nowhere when left out. */
  readonly network?: readonly { readonly host: string; readonly port: number }[];
};

export interface Ends {
  readonly source: Endpoint;
  readonly target: Endpoint;
}

type Members = { readonly [key: string]: Json | undefined };

/** Both ends of a dataset: a dataset with a target of its own goes there instead. */
export function endsOf(plan: Json, datasetName: string): Ends {
  const { source, target } = membersOf(plan, 'the plan');
  const own = datasetIn(plan, datasetName)?.['target'];
  return { source: endpointOf(source), target: endpointOf(own ?? target) };
}

/** Names of the datasets that have to end before this one moves. */
export function dependenciesOf(plan: Json, datasetName: string): readonly string[] {
  const names = datasetIn(plan, datasetName)?.['dependsOn'];
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
}

function datasetIn(plan: Json, datasetName: string): Members | undefined {
  const { datasets } = membersOf(plan, 'the plan');
  const list = Array.isArray(datasets) ? (datasets as readonly Json[]) : [];
  return list.map((each) => membersOf(each, 'a dataset')).find(({ name }) => name === datasetName);
}

/** The same endpoint has the same digest; it covers the settings, and only names of secrets. */
export function endpointDigest(endpoint: Endpoint): Sha256 {
  return sha256(canonicalJson(endpoint));
}

export interface TransferPolicy extends RetryRules {
  readonly launchApproval: 'required' | 'not-required';
  readonly lineageApproval: 'required' | 'not-required';
  readonly concurrency: number;
  readonly parcelRecordsMax: number;
  /** Items that transport failed, after their own retries, before the batch pauses. */
  readonly failuresBeforePause: number;
  readonly setAsideBeforePause: number | null;
  /** When a dataset that others depend on has ended for them. */
  readonly dependencyEnds: DependencyEnd;
  readonly bandwidth: BandwidthRules;
}

const DEFAULTS = {
  concurrency: 8,
  parcelRecordsMax: 100,
  retryLimit: 5,
  retryDelayMs: 200,
  retryDelayMaxMs: 30_000,
  failuresBeforePause: 1,
};

/** A sealed policy is complete; what an older one does not say has the strict reading. */
export function transferPolicy(policy: Json): TransferPolicy {
  const { approval, transfer } = membersOf(policy, 'the policy');
  const rules = membersOf(transfer ?? {}, 'the transfer rules');
  const { launch, lineage } = membersOf(approval ?? {}, 'the approvals');
  const given = Object.entries(DEFAULTS).map(([name, value]) => [name, numberOf(rules[name]) ?? value]);
  return {
    ...DEFAULTS,
    ...(Object.fromEntries(given) as typeof DEFAULTS),
    launchApproval: launch === 'not-required' ? 'not-required' : 'required',
    lineageApproval: lineage === 'not-required' ? 'not-required' : 'required',
    setAsideBeforePause: numberOf(rules['setAsideBeforePause']) ?? null,
    dependencyEnds: DEPENDENCY_ENDS.find((end) => end === rules['dependencyEnds']) ?? 'reconciled',
    bandwidth: (rules['bandwidth'] as BandwidthRules | undefined) ?? NO_CAPS,
  };
}

function numberOf(value: Json | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function endpointOf(value: Json | undefined): Endpoint {
  const { connector, config, secrets, network } = membersOf(value, 'an endpoint');
  if (typeof connector !== 'string') throw brokenPromise('an endpoint of a sealed plan names no connector');
  const references = Object.entries(membersOf(secrets ?? {}, 'secrets')).flatMap(([name, reference]) =>
    typeof reference === 'string' ? [[name, reference] as const] : [],
  );
  const places = network as Endpoint['network'];
  return {
    connector,
    config: config ?? {},
    secrets: Object.fromEntries(references),
    ...(places && { network: places }),
  };
}

function membersOf(value: Json | undefined, what: string): Members {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Members;
  throw brokenPromise(`${what} in a sealed document is not an object`);
}
