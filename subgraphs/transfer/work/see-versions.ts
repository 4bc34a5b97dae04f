/** Seeing versions: before anything is sent, every item of the batch is mapped once, to know which versions stand. */
import { canonicalJson } from '../../../kernel/canonical-json.ts';
import { keyedDigest } from '../../../kernel/digest.ts';
import type { Lease } from '../../../runtime/store.ts';
import { readLines } from '../../../runtime/strongroom.ts';
import { comparable } from '../../../records/lineage/compare.ts';
import type { Lineage, MappedRecord } from '../../../records/lineage/lineage.ts';
import type { ManifestRow } from '../domain/manifest.ts';
import { afterSeeing, type Standing, type Version } from '../domain/version.ts';
import { lockBatch } from '../store/batches.ts';
import type { Batch } from '../store/tables.ts';
import { keepStanding, standingOf } from '../store/versions.ts';
import type { TransferContext } from './context.ts';
import type { JobHalt } from './halt.ts';

/** Versions gathered before they are saved. */
const VERSIONS_PER_COMMIT = 400;

export interface SeenVersion {
  readonly name: string;
  readonly version: Version;
}

/** The version a record is, undefined where the map tells none apart. Ids and metadata are the target's own. */
export function versionOf(
  context: Pick<TransferContext, 'keys'>,
  itemId: string,
  { type, key, asOf, resource }: MappedRecord,
): SeenVersion | undefined {
  if (asOf === undefined) return undefined;
  const digest = keyedDigest(context.keys.record, canonicalJson(comparable(resource)));
  return { name: `${type} ${key}`, version: { asOf, digest, itemId } };
}

/** Once for a batch: seeing again what was seen before changes nothing, so a crash on the way does no harm. */
export async function seeVersions(
  context: TransferContext,
  batch: Batch,
  manifest: string,
  by: { readonly lineage: Lineage; readonly lease: Lease; readonly halt: JobHalt },
): Promise<void> {
  if (batch.hasSeenVersions) return;
  const { lineage, lease, halt } = by;
  let seen: SeenVersion[] = [];
  for await (const row of readLines<ManifestRow>(context.strongroom, manifest)) {
    if (halt.isCalled) return;
    lease.signal.throwIfAborted();
    for await (const some of versionsOf(context, row, lineage)) {
      seen.push(...some);
      if (seen.length < VERSIONS_PER_COMMIT) continue;
      await keepSeen(context, batch, seen, lease);
      seen = [];
    }
  }
  await keepSeen(context, batch, seen, lease);
  await context.store.transact(async (unit) => {
    const row = await lockBatch(unit, batch.id);
    await unit.hold(lease);
    row.hasSeenVersions = true;
  });
}

/** An item with a record that cannot be mapped is not delivered, so it makes no version. */
async function* versionsOf(
  context: TransferContext,
  { itemId, path, sha256 }: ManifestRow,
  lineage: Lineage,
): AsyncGenerator<readonly SeenVersion[]> {
  if (sha256 === null) return;
  const records = () => lineage.map(path, context.strongroom.read(sha256));
  let held: SeenVersion[] | undefined = [];
  for await (const record of records()) {
    if (record.problems.length > 0) return;
    const version = versionOf(context, itemId, record);
    if (version === undefined || held === undefined) continue;
    held.push(version);
    if (held.length > VERSIONS_HELD_MAX) held = undefined;
  }
  if (held !== undefined) {
    yield held;
    return;
  }
  // Too many to keep while the rest of the item was looked at: they are made again.
  for await (const record of records()) {
    const version = versionOf(context, itemId, record);
    if (version !== undefined) yield [version];
  }
}

const VERSIONS_HELD_MAX = 10_000;

async function keepSeen(
  context: TransferContext,
  { id, datasetId, remedyOf }: Batch,
  seen: readonly SeenVersion[],
  lease: Lease,
): Promise<void> {
  if (seen.length === 0) return;
  await context.store.transact(async (unit) => {
    await unit.hold(lease);
    const known = await standingOf(unit.em, datasetId, [...new Set(seen.map(({ name }) => name))]);
    const changed = new Map<string, Standing>();
    for (const { name, version } of seen) {
      const before = changed.get(name) ?? known.get(name);
      const after = afterSeeing(before, version, id, remedyOf != null);
      if (after !== before) changed.set(name, after);
    }
    await keepStanding(unit.em, datasetId, changed);
  });
}
