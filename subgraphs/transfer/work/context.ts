/** What every verb of transfer is handed. */
import type { Actor } from '../../../kernel/actor.ts';
import { serviceActor } from '../../../kernel/actor.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { isFault } from '../../../kernel/fault.ts';
import type { ConnectorHost } from '../../../plugins/host/index.ts';
import { announcer } from '../../../runtime/announce.ts';
import type { Bandwidth } from '../../../runtime/bandwidth.ts';
import { ConnectionKeeper } from '../../../runtime/connections.ts';
import type { HouseKeys } from '../../../runtime/keys.ts';
import type { Log } from '../../../runtime/log.ts';
import type { Metrics } from '../../../runtime/metrics.ts';
import type { Store } from '../../../runtime/store.ts';
import type { Strongroom } from '../../../runtime/strongroom.ts';
import type { Batch } from '../store/tables.ts';
import type { LiveBatches } from './live.ts';

export interface TransferContext {
  readonly store: Store;
  readonly strongroom: Strongroom;
  readonly host: Pick<ConnectorHost, 'source' | 'target'>;
  readonly clock: Clock;
  readonly random: (bytes: number) => Uint8Array;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly keys: Pick<HouseKeys, 'seal' | 'record'>;
  /** Where the columnar engine may spill to. */
  readonly scratch: string;
  readonly live: LiveBatches;
  /** Of the whole process. */
  readonly bandwidth: Pick<Bandwidth, 'heldMs'>;
}

export type Source = Awaited<ReturnType<ConnectorHost['source']>>;
export type Target = Awaited<ReturnType<ConnectorHost['target']>>;
export type Staged = Awaited<ReturnType<Target['stage']>>;
export type Receipt = Awaited<ReturnType<Target['commit']>>;

/** Transfer itself, acting on a launch that somebody decided. */
export const TRANSFER: Actor = serviceActor('transfer');

export const PACK_JOB = 'transfer.pack';
export const MOVE_JOB = 'transfer.move';

/** Keeps how the ends of a batch were reached, under the event of transfer. */
export function connectionsOf(context: TransferContext, { id: batchId, migrationId }: Batch): ConnectionKeeper {
  const office = { ...context, announcer: announcer('transfer', TRANSFER), type: 'transfer.connected.v1' } as const;
  return new ConnectionKeeper(office, { migrationId, batchId });
}

/** A peer that cannot even be left must not undo what was done. */
export async function closeQuietly(context: TransferContext, end: { close(): Promise<void> }): Promise<void> {
  try {
    await end.close();
  } catch (error) {
    context.log.warn('close-failed', { code: isFault(error) ? error.code : 'UNEXPECTED' });
  }
}
