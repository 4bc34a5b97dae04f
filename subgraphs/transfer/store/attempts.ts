/** What became of items and parcels, and the crosswalk they left. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import { insertRows, rowsOfStretch } from '../../../runtime/rows.ts';
import type { CrosswalkRow } from '../domain/crosswalk.ts';
import { Attempt, Crosswalk, ParcelRow } from './tables.ts';

/** The rows of a stretch of the manifest, `from` to `to` inclusive. */
export interface Stretch {
  readonly batchId: string;
  readonly from: number;
  readonly to: number;
}

const OUTCOME = ['ordinal', 'state', 'sha256', 'reasonCode', 'reasonSubject'] as const;
export type Outcome = Pick<Attempt, (typeof OUTCOME)[number]>;
const PARCEL = [
  ...(['key', 'batchId', 'ordinal', 'state', 'shape'] as const),
  ...(['sizeBytes', 'sha256', 'staged', 'targetId'] as const),
];

/** Which lines of the manifest are final. */
export async function settledIn(em: SqlEntityManager, { batchId, from, to }: Stretch): Promise<ReadonlySet<number>> {
  const rows = await rowsOfStretch(em, Attempt, ['ordinal'], { of: { batchId }, by: 'ordinal', from, to });
  return new Set(rows.map((row) => row.ordinal));
}

/** By line of the manifest. */
export async function attemptsIn(em: SqlEntityManager, stretch: Stretch): Promise<ReadonlyMap<number, Outcome>> {
  const { batchId, from, to } = stretch;
  const rows = await rowsOfStretch(em, Attempt, OUTCOME, { of: { batchId }, by: 'ordinal', from, to });
  return new Map(rows.map((row) => [row.ordinal, row]));
}

/** By line of the manifest, each item's parcels in no particular order. */
export async function parcelsIn(em: SqlEntityManager, stretch: Stretch): Promise<ReadonlyMap<number, ParcelRow[]>> {
  const { batchId, from, to } = stretch;
  const rows = await rowsOfStretch(em, ParcelRow, PARCEL, { of: { batchId }, by: 'ordinal', from, to });
  return Map.groupBy(rows, (row) => row.ordinal);
}

/** The parts of one parcel's receipt, in the receipt's order. */
export function partsOf(em: SqlEntityManager, parcelKey: string): Promise<Crosswalk[]> {
  return em.find(Crosswalk, { parcelKey }, { orderBy: { position: 'asc' } });
}

/** The ids the target gave to a record, by its source key. */
export async function targetIdsOf(em: SqlEntityManager, datasetId: string, sourceKey: string): Promise<string[]> {
  const rows = await em.find(Crosswalk, { datasetId, sourceKey }, { orderBy: { parcelKey: 'asc', position: 'asc' } });
  return rows.map((row) => row.targetId);
}

export type ParcelData = Pick<ParcelRow, 'key' | 'batchId' | 'ordinal' | 'state' | 'shape' | 'sizeBytes' | 'sha256'> & {
  readonly staged: string | null;
  readonly targetId: string | null;
};

/** The last of several states of one parcel wins. */
export async function saveParcels(em: SqlEntityManager, parcels: readonly ParcelData[]): Promise<void> {
  const latest = new Map(parcels.map((parcel) => [parcel.key, parcel]));
  await insertRows(em, ParcelRow, [...latest.values()], { on: ['key'] });
}

export type AttemptData = Pick<Attempt, 'batchId' | 'ordinal' | 'itemId' | 'state'> & {
  readonly sha256: string | null;
  readonly reasonCode: string | null;
  readonly reasonSubject: string | null;
};

export async function saveAttempts(em: SqlEntityManager, attempts: readonly AttemptData[]): Promise<void> {
  await insertRows(em, Attempt, attempts);
}

/** For parcels that are delivered once more: their latest delivery says where records are. */
export async function forgetCrosswalk(em: SqlEntityManager, rows: readonly CrosswalkRow[]): Promise<void> {
  const keys = [...new Set(rows.map(({ parcelKey }) => parcelKey))];
  if (keys.length > 0) await em.nativeDelete(Crosswalk, { parcelKey: { $in: keys } });
}

export async function saveCrosswalk(em: SqlEntityManager, rows: readonly CrosswalkRow[]): Promise<void> {
  await insertRows(em, Crosswalk, rows);
}
