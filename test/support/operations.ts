/** What the journeys ask of the graph, and the shapes it answers. */

/** One batch, with a field of every other subgraph: inventory, validation, audit, cutover. */
const ACROSS = `id state moved
  dataset { id name tier }
  exceptions(first: 1) { totalCount }
  auditTrail(first: 1) { totalCount nodes { action actor } }
  cutover { verdict reason }`;

export interface BatchAcross {
  readonly id: string;
  readonly state: string;
  readonly moved: number;
  readonly dataset: { readonly id: string; readonly name: string | null; readonly tier: string | null };
  readonly exceptions: { readonly totalCount: number } | null;
  readonly auditTrail: {
    readonly totalCount: number;
    readonly nodes: readonly { readonly action: string; readonly actor: string }[];
  } | null;
  readonly cutover: { readonly verdict: string; readonly reason: string } | null;
}

/** Whether every subgraph has heard of the batch: they keep copies of their own, and learn of it in their own time. */
export function isHeardOf({ cutover, auditTrail, exceptions }: BatchAcross): boolean {
  return cutover !== null && exceptions !== null && (auditTrail?.totalCount ?? 0) > 0;
}

export const BATCH = `query($id: ID!) { batch(id: $id) { ${ACROSS}
  dispositions { eligible verified excluded quarantined failed }
  reconciliation { records { source target matched differs missingOnTarget } }
  reconciliationProgress { step itemsDone items } } }`;

export const BATCHES = `query($id: ID!) { batches(migrationId: $id, first: 250) { nodes { ${ACROSS} } } }`;

export interface Batches {
  readonly batches: { readonly nodes: readonly BatchAcross[] };
}

export const PROGRESS = `subscription($id: ID!) { batchProgress(batchId: $id) { seq itemsMoved batch { ${ACROSS} } } }`;

export interface ProgressEvent {
  readonly seq: number;
  readonly itemsMoved: number;
  readonly batch: BatchAcross;
}

const EXCEPTION = `id category severity state owner sourceId targetId field
  dataset { name tier } item { id path } batch { id state cutover { verdict } auditTrail(first: 1) { totalCount } }`;

export interface ExceptionAcross {
  readonly id: string;
  readonly category: string;
  readonly severity: string;
  readonly state: string;
  readonly owner: string | null;
  readonly sourceId: string | null;
  readonly targetId: string | null;
  readonly field: string | null;
  readonly dataset: { readonly name: string | null; readonly tier: string | null } | null;
  readonly item: { readonly id: string; readonly path: string | null } | null;
  readonly batch: {
    readonly id: string;
    readonly state: string | null;
    readonly cutover: { readonly verdict: string } | null;
    readonly auditTrail: { readonly totalCount: number } | null;
  } | null;
}

export const RAISED = `subscription($id: ID!, $since: Int) {
  exceptionRaised(migrationId: $id, since: $since) { seq exception { ${EXCEPTION} } } }`;

export interface RaisedEvent {
  readonly seq: number;
  readonly exception: ExceptionAcross;
}

export const EXCEPTIONS = `query($id: ID!) { exceptions(migrationId: $id, first: 250) { nodes { ${EXCEPTION} } } }`;

export interface Exceptions {
  readonly exceptions: { readonly nodes: readonly ExceptionAcross[] };
}

export const MIGRATION = `query($id: ID!) { migration(id: $id) { name launched
  survey { state failure { code reason } } readiness { state lines { line ok reason } }
  reconciliation { report } exceptionsOpen } }`;

export interface MigrationState {
  readonly migration: {
    readonly name: string;
    readonly launched: boolean;
    readonly survey: { readonly state: string };
    readonly readiness: { readonly state: string; readonly lines: readonly { readonly ok: boolean }[] };
    readonly reconciliation: { readonly report: string } | null;
    readonly exceptionsOpen: number;
  } | null;
}

export const CHANGED = `subscription($id: ID!, $since: Int) { exceptionChanged(migrationId: $id, since: $since) {
  seq act { action } exception { dataset { tier } } } }`;

export interface ChangedEvent {
  readonly seq: number;
  readonly act: { readonly action: string };
  readonly exception: { readonly dataset: { readonly tier: string } | null };
}
