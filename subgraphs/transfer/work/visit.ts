/** A visit to one item of the manifest, and the tools it is moved with. */
import type { Lineage } from '../../../records/lineage/lineage.ts';
import type { ManifestRow } from '../domain/manifest.ts';
import type { ParcelData } from '../store/attempts.ts';
import type { Source, Target, TransferContext } from './context.ts';
import type { GroupCommit } from './group-commit.ts';
import type { JobHalt } from './halt.ts';
import type { InFlight } from './in-flight.ts';
import type { LedgerEntry } from './ledger.ts';
import type { Orders } from './orders.ts';

export interface MoveTools {
  readonly context: TransferContext;
  readonly orders: Orders;
  readonly source: Source;
  readonly target: Target;
  /** Undefined: items pass through unchanged. */
  readonly lineage: Lineage | undefined;
  readonly ledger: GroupCommit<LedgerEntry>;
  readonly halt: JobHalt;
  readonly signal: AbortSignal;
}

export interface Visit {
  readonly batchId: string;
  /** Its line in the manifest, counted from 0. */
  readonly ordinal: number;
  readonly row: ManifestRow;
  /** What is known of its parcels, by key; kept up to date during the visit. */
  readonly parcels: Map<string, ParcelData>;
  /** The bytes of the current try. */
  flow?: InFlight;
}
