/** What every verb of inventory is handed. */
import { serviceActor, type Actor } from '../../../kernel/actor.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { ConnectorHost } from '../../../plugins/host/index.ts';
import type { Bandwidth } from '../../../runtime/bandwidth.ts';
import type { HouseKeys } from '../../../runtime/keys.ts';
import type { Log } from '../../../runtime/log.ts';
import type { Store } from '../../../runtime/store.ts';
import type { Strongroom } from '../../../runtime/strongroom.ts';

export interface InventoryContext {
  readonly store: Store;
  readonly strongroom: Strongroom;
  readonly host: Pick<ConnectorHost, 'validate' | 'check' | 'fingerprints' | 'source'>;
  /** That of this process, which obeys a decision at once; the others hear it as an event. */
  readonly bandwidth: Pick<Bandwidth, 'order'>;
  readonly clock: Clock;
  readonly random: (bytes: number) => Uint8Array;
  readonly log: Log;
  readonly keys: Pick<HouseKeys, 'record'>;
  /** Where jobs keep what may be lost. */
  readonly scratch: string;
}

/** Inventory itself, acting on what somebody asked for. */
export const INVENTORY: Actor = serviceActor('inventory');

export const SURVEY_JOB = 'inventory.survey';
export const READINESS_JOB = 'inventory.readiness';
export const LOSS_JOB = 'inventory.loss';
export const PROFILE_JOB = 'inventory.profile';
