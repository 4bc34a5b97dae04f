/** The stages of a migration as the record office sees them: which event closes one, and which documents it sealed. */
import type { Json } from '../../../kernel/canonical-json.ts';
import { isSha256, type Sha256 } from '../../../kernel/digest.ts';
import type { EventType, WaybillEvent } from '../../../kernel/event.ts';
import type { Id } from '../../../kernel/id.ts';
import { PAYLOAD_FOLDER, slugOf } from './pack-paths.ts';

/** An event that closed a stage. Its payload holds ids, counts and digests only. */
export interface StageFact {
  readonly eventId: Id;
  readonly type: EventType;
  readonly stage: Stage;
  readonly migrationId: Id;
  readonly actor: string;
  /** RFC 3339, UTC. */
  readonly occurredAt: string;
  readonly payload: StagePayload;
}

export type StagePayload = { readonly [key: string]: Json | undefined };

export type Stage =
  | 'declared'
  | 'surveyed'
  | 'bandwidth-changed'
  | 'connected'
  | 'manifest-sealed'
  | 'moved'
  | 'batch-reconciled'
  | 'migration-reconciled'
  | 'signed-off';

/** A document in the pack, and where it lies there. */
export interface StageDocument {
  readonly path: string;
  readonly sha256: Sha256;
}

interface Sealed {
  readonly digest: unknown;
  /** `<folder>/<name>.<extension>` */
  readonly place: string;
}

interface StageRule {
  readonly stage: Stage;
  readonly documents: (payload: StagePayload) => readonly Sealed[];
}

/** Two documents may have one name: enough of the digest tells them apart. */
const DIGITS_SHOWN = 12;

const CONNECTED: StageRule = {
  stage: 'connected',
  documents: ({ role, connector, document, report }) => [
    { digest: document, place: `connections/${nameOf(role)}-${nameOf(connector)}.json` },
    { digest: report, place: `connections/${nameOf(connector)}.conformance.json` },
  ],
};

const RULES: { readonly [T in string]: StageRule } = {
  'inventory.migration-declared.v1': {
    stage: 'declared',
    documents: (payload) => [
      { digest: payload.plan, place: 'inventory/plan.json' },
      { digest: payload.policy, place: 'inventory/policy.json' },
      ...rowsOf(payload.datasets).map((dataset) => ({
        digest: dataset.lineage,
        place: `mapping/${nameOf(dataset.datasetId)}.lineage.json`,
      })),
      ...rowsOf(payload.codeMaps).map(({ name, digest }) => ({
        digest,
        place: `mapping/${nameOf(name)}-${nameOf(digest).slice(0, DIGITS_SHOWN)}.codemap.json`,
      })),
    ],
  },
  'inventory.dataset-surveyed.v1': {
    stage: 'surveyed',
    documents: (payload) => [{ digest: payload.survey, place: `inventory/${nameOf(payload.datasetId)}.survey.ndjson` }],
  },
  'inventory.bandwidth-changed.v1': {
    stage: 'bandwidth-changed',
    documents: (payload) => [{ digest: payload.document, place: 'inventory/bandwidth.json' }],
  },
  'inventory.connected.v1': CONNECTED,
  'transfer.connected.v1': CONNECTED,
  'validation.connected.v1': CONNECTED,
  'transfer.manifest-sealed.v1': {
    stage: 'manifest-sealed',
    documents: (payload) => [
      { digest: payload.manifest, place: `manifests/${nameOf(payload.batchId)}.source.ndjson` },
      { digest: payload.sums, place: `manifests/${nameOf(payload.batchId)}.source.sha256` },
    ],
  },
  'transfer.batch-moved.v1': {
    stage: 'moved',
    documents: (payload) => [
      { digest: payload.manifest, place: `manifests/${nameOf(payload.batchId)}.source.ndjson` },
      { digest: payload.record, place: `manifests/${nameOf(payload.batchId)}.record.ndjson` },
      // Of a remedy, which may move by a corrected map.
      { digest: payload.lineage, place: `mapping/${nameOf(payload.batchId)}.lineage.json` },
    ],
  },
  'validation.batch-reconciled.v1': {
    stage: 'batch-reconciled',
    documents: (payload) => [
      { digest: payload.report, place: `reconciliation/${nameOf(payload.batchId)}.report.json` },
      { digest: payload.targetManifest, place: `manifests/${nameOf(payload.batchId)}.target.ndjson` },
    ],
  },
  'validation.migration-reconciled.v1': {
    stage: 'migration-reconciled',
    documents: (payload) => [
      { digest: payload.report, place: `validation/${nameOf(payload.migrationId)}.report.json` },
      { digest: payload.exceptions, place: `exceptions/${nameOf(payload.migrationId)}.exceptions.ndjson` },
      ...coverageOf(payload),
    ],
  },
  'validation.acceptance-signed.v1': { stage: 'signed-off', documents: coverageOf },
};

function coverageOf(payload: StagePayload): readonly Sealed[] {
  const place = `validation/${nameOf(payload.migrationId)}.coverage`;
  return [
    { digest: payload.coverage, place: `${place}.json` },
    { digest: payload.coveragePage, place: `${place}.html` },
  ];
}

/** The events that close a stage. */
export const STAGE_EVENTS: readonly EventType[] = Object.keys(RULES) as EventType[];

/** The stage an event closes; `undefined` for every other event. */
export function stageFactOf(event: WaybillEvent): StageFact | undefined {
  const rule = RULES[event.type];
  const payload = event.payload;
  if (rule === undefined || typeof payload !== 'object' || payload === null || Array.isArray(payload)) return undefined;
  const fields = payload as StagePayload;
  return {
    eventId: event.id,
    type: event.type,
    stage: rule.stage,
    migrationId: String(fields.migrationId ?? event.subject),
    actor: event.actor,
    occurredAt: event.occurredAt,
    payload: fields,
  };
}

/** What a stage is about: its batch, else its dataset, else the migration. */
export function subjectOf(fact: StageFact): Id {
  return String(fact.payload.batchId ?? fact.payload.datasetId ?? fact.migrationId);
}

/**
 * The documents of each stage, oldest first. A document sealed again with other content lies beside the first, under
 * the same name with a number.
 */
export function documentsOf(facts: readonly StageFact[]): ReadonlyMap<StageFact, readonly StageDocument[]> {
  const places = new Map<string, Sha256[]>();
  const documents = new Map<StageFact, readonly StageDocument[]>();
  for (const fact of facts) {
    const sealed = RULES[fact.type]?.documents(fact.payload) ?? [];
    documents.set(
      fact,
      sealed.flatMap((each) => placed(places, each)),
    );
  }
  return documents;
}

function placed(places: Map<string, Sha256[]>, { digest, place }: Sealed): StageDocument[] {
  if (typeof digest !== 'string' || !isSha256(digest)) return [];
  const versions = places.get(place) ?? [];
  places.set(place, versions);
  if (!versions.includes(digest)) versions.push(digest);
  const number = versions.indexOf(digest) + 1;
  const path = number === 1 ? place : place.replace(/\.([^.]+)$/, `.${number}.$1`);
  return [{ path: `${PAYLOAD_FOLDER}${path}`, sha256: digest }];
}

/** The objects in a list of a payload. */
export function rowsOf(value: Json | undefined): readonly StagePayload[] {
  if (!Array.isArray(value)) return [];
  return value.filter((row): row is StagePayload => typeof row === 'object' && row !== null && !Array.isArray(row));
}

function nameOf(id: Json | undefined): string {
  return slugOf(String(id ?? 'unnamed'));
}
