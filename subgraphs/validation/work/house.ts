/** What every verb of validation works with. */
import type { Json } from '../../../kernel/canonical-json.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { Sha256 } from '../../../kernel/digest.ts';
import { brokenPromise } from '../../../kernel/fault.ts';
import type { Id } from '../../../kernel/id.ts';
import type { ConnectorHost } from '../../../plugins/host/index.ts';
import { compileLineage } from '../../../records/lineage/compile.ts';
import { readSealedLineage } from '../../../records/lineage/sealed.ts';
import type { Lineage } from '../../../records/lineage/lineage.ts';
import type { HouseKeys } from '../../../runtime/keys.ts';
import type { Log } from '../../../runtime/log.ts';
import type { Strongroom } from '../../../runtime/strongroom.ts';
import type { Store } from '../../../runtime/store.ts';

export interface House {
  readonly store: Store;
  readonly strongroom: Strongroom;
  readonly clock: Clock;
  readonly log: Log;
  readonly keys: HouseKeys;
  readonly host: ConnectorHost;
  /** Scratch files of jobs. */
  readonly directory: string;
  readonly watchers: Watchers;
}

/** Who is told that something happened; what they are told is in the store. */
export interface Watchers {
  progressed(progress: ReconcileProgress): void;
  /** What was said last of a batch in this process; undefined where nothing was. */
  progressNow(batchId: Id): ReconcileProgress | undefined;
  raised(migrationId: Id): void;
  /** Somebody did something about an exception. */
  changed(migrationId: Id): void;
}

export const RECONCILE_STEPS = ['reading-back', 'matching', 'settling', 'done'] as const;
export type ReconcileStep = (typeof RECONCILE_STEPS)[number];

export interface ReconcileProgress {
  readonly batchId: Id;
  readonly step: ReconcileStep;
  readonly itemsDone: number;
  readonly items: number;
}

const DOCUMENT_BYTES_MAX = 16 * 1024 * 1024;

/** A sealed JSON document: a plan, a policy, a lineage map. */
export async function sealedJson(house: House, digest: Sha256): Promise<Json> {
  return JSON.parse((await house.strongroom.readWhole(digest, DOCUMENT_BYTES_MAX)).toString('utf8')) as Json;
}

/** The lineage that moved the data: the same sealed map, compiled here again. */
export async function lineageOf(house: House, digest: Sha256 | null): Promise<Lineage | null> {
  if (digest === null) return null;
  const map = await readSealedLineage(digest, house.strongroom.readWhole);
  if (!map.ok) throw brokenPromise('a sealed lineage map is not one', digest);
  return compileLineage(map.value);
}
