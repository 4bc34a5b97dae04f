/** What every verb of inventory is handed. */
import { serviceActor, type Actor } from '../../../kernel/actor.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { ConnectorHost } from '../../../plugins/host/index.ts';
import type { Log } from '../../../runtime/log.ts';
import type { Store } from '../../../runtime/store.ts';
import type { Strongroom } from '../../../runtime/strongroom.ts';

export interface InventoryContext {
  readonly store: Store;
  readonly strongroom: Strongroom;
  readonly host: Pick<ConnectorHost, 'validate' | 'check' | 'source'>;
  readonly clock: Clock;
  readonly random: (bytes: number) => Uint8Array;
  readonly log: Log;
}

/** Inventory itself, acting on what somebody asked for. */
export const INVENTORY: Actor = serviceActor('inventory');

export const SURVEY_JOB = 'inventory.survey';
export const READINESS_JOB = 'inventory.readiness';
