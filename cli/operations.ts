/** The operations of the command line against the graph, with the shapes they answer. */

export const DECLARE = `mutation($input: DeclareMigrationInput!) {
  declareMigration(input: $input) { migration { id name } userErrors { code message field remedy } } }`;

export const SURVEY = `mutation($input: SurveyMigrationInput!) {
  surveyMigration(input: $input) { migration { id } userErrors { code message field remedy } } }`;

export const PROFILE = `mutation($input: ProfileMigrationInput!) {
  profileMigration(input: $input) { migration { id } userErrors { code message field remedy } } }`;

const launchStep = (name: string): string => {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
  return `mutation($input: ${type}!) {
  ${name}(input: $input) { batches { id state } userErrors { code message field remedy } } }`;
};
export const PROPOSE = launchStep('proposeLaunch');
export const APPROVE = launchStep('approveLaunch');
export const LAUNCH = launchStep('launchBatch');
export const RESUME = launchStep('resumeBatch');

export const SEAL = `mutation($input: SealEvidenceInput!) {
  sealEvidence(input: $input) { pack { id } userErrors { code message field remedy } } }`;

export interface PackStatus {
  readonly id: string;
  readonly state: string;
  readonly directory: string;
  readonly checkpoint: string | null;
  readonly problem: string | null;
}

/** Every pack that was asked for, oldest first. */
export const PACKS = `query($migrationId: ID!) {
  evidencePacks(migrationId: $migrationId) { id state directory checkpoint problem } }`;

/** What is told of a batch while it moves. */
export interface BatchProgress {
  readonly id: string;
  readonly state: string;
  readonly items: number;
  readonly excluded: number;
  readonly packed: number;
  readonly moved: number;
  readonly bytesMoved: number | string;
  readonly heldByBandwidthSeconds: number;
  readonly setAside: number;
  readonly failed: number;
  readonly paused: { readonly code: string; readonly reason: string; readonly subject: string | null } | null;
  readonly waiting: { readonly datasets: readonly string[]; readonly reason: string } | null;
  /** Null until the batch has moved, and again where reconciling goes on after a restart. */
  readonly reconciliationProgress?: {
    readonly step: 'READING_BACK' | 'MATCHING' | 'SETTLING' | 'DONE';
    readonly itemsDone: number;
  } | null;
}

export interface BatchStatus extends BatchProgress {
  readonly dataset: { readonly name: string | null } | null;
}

export interface ReadinessLine {
  readonly requirement: string;
  readonly line: string;
  readonly ok: boolean;
  readonly code: string | null;
  readonly reason: string | null;
}

export interface MigrationProgress {
  /** Null until every batch has been reconciled and related to the others. */
  readonly reconciliation: { readonly report: string } | null;
  readonly exceptionsOpen: number | null;
}

/** How far one look at the source is. */
export interface SurveyProgress {
  readonly phase: 'LISTING' | 'INSPECTING' | 'SEALING' | 'DONE';
  readonly listed: number;
  readonly inspected: number;
}

export interface MigrationStatus extends MigrationProgress {
  readonly id: string;
  readonly name: string;
  readonly survey: {
    readonly state: string;
    readonly failure: { readonly code: string; readonly reason: string } | null;
  };
  /** The newest alone. */
  readonly surveys: { readonly nodes: readonly SurveyProgress[] };
  readonly readiness: { readonly state: string; readonly lines: readonly ReadinessLine[] };
  readonly datasets: { readonly totalCount: number } | null;
}

export interface Progress {
  readonly migration: MigrationProgress | null;
  readonly batches: { readonly nodes: readonly BatchProgress[] } | null;
}

export interface Status extends Progress {
  readonly migration: MigrationStatus | null;
  readonly batches: { readonly nodes: readonly BatchStatus[] } | null;
}

const BATCH_PROGRESS = `id state items excluded packed moved bytesMoved
  heldByBandwidthSeconds setAside failed paused { code reason subject } waiting { datasets reason }`;

/** Batches are read in one page: a migration has one for each dataset, beside its remedies. */
export const STATUS = `query($id: ID!) {
  migration(id: $id) { id name datasets(first: 1) { totalCount } survey { state failure { code reason } }
    surveys(first: 1) { nodes { phase listed inspected } }
    readiness { state lines { requirement line ok code reason } } reconciliation { report } exceptionsOpen }
  batches(migrationId: $id, first: 250, filter: { remedy: false }) { nodes { ${BATCH_PROGRESS} dataset { name } } } }`;

/** Asked again and again while a migration moves: only what then changes. */
export const PROGRESS = `query($id: ID!) {
  migration(id: $id) { reconciliation { report } exceptionsOpen }
  batches(migrationId: $id, first: 250, filter: { remedy: false }) { nodes { ${BATCH_PROGRESS}
    reconciliationProgress { step itemsDone } } } }`;

export const MIGRATIONS = 'query { migrations { nodes { id name launched } } }';

export interface RecordCounts {
  readonly source: number;
  readonly target: number;
  readonly matched: number;
  readonly differs: number;
  readonly missingOnTarget: number;
  readonly missingOnSource: number;
  readonly unreadable: number;
  readonly duplicates: number;
  /** Only where there are any: units that a sample vouches for. */
  readonly notDrawn?: number;
  /** Only where there are any: acknowledged by a receiver that cannot be read back. */
  readonly acknowledged?: number;
  /** Only where there are any: earlier versions of records. */
  readonly superseded?: number;
}

export interface SummaryAnswer {
  readonly migration: {
    readonly name: string;
    readonly evidence: {
      readonly nodes: readonly { readonly directory: string; readonly checkpoint: string }[];
    } | null;
  } | null;
  readonly batches: {
    readonly nodes: readonly {
      readonly bytesMoved: number | string;
      readonly dataset: { readonly name: string | null } | null;
      /** Validation's own, which knows what was found across batches and what a re-check found since. */
      readonly reconciliation: {
        readonly dispositions: Readonly<
          Record<'eligible' | 'verified' | 'acknowledged' | 'excluded' | 'quarantined' | 'failed', number>
        > | null;
        readonly records: RecordCounts;
      } | null;
    }[];
  } | null;
}

export const SUMMARY = `query($id: ID!) {
  migration(id: $id) { name }
  batches(migrationId: $id, first: 250, filter: { remedy: false }) { nodes { bytesMoved dataset { name }
    reconciliation { dispositions { eligible verified acknowledged excluded quarantined failed } records {
      source target matched differs missingOnTarget missingOnSource unreadable duplicates
      notDrawn acknowledged superseded } } } } }`;

export interface ExceptionRow {
  readonly nodes: readonly {
    readonly id: string;
    readonly category: string;
    readonly severity: string;
    readonly dataset: { readonly name: string | null } | null;
    readonly sourceId: string | null;
    readonly targetId: string | null;
    readonly field: string | null;
  }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** Open ones: what still keeps the migration from being clean. */
export const EXCEPTIONS = `query($migrationId: ID!, $first: Int!, $after: String) {
  exceptions(migrationId: $migrationId, first: $first, after: $after, filter: { state: { in: [OPEN, OWNED] } }) {
    nodes { id category severity dataset { name } sourceId targetId field } pageInfo { hasNextPage endCursor } } }`;
