/** What every verb of cutover is handed. */
import { serviceActor, type Actor } from '../../../kernel/actor.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { Store } from '../../../runtime/store.ts';
import type { Strongroom } from '../../../runtime/strongroom.ts';
import type { LiveCutovers } from './live.ts';

export interface CutoverContext {
  readonly store: Store;
  readonly strongroom: Strongroom;
  readonly clock: Clock;
  readonly random: (bytes: number) => Uint8Array;
  readonly live: LiveCutovers;
}

/** Cutover itself, measuring. */
export const CUTOVER: Actor = serviceActor('cutover');

export const EVALUATE_JOB = 'cutover.evaluate';
