/** Why the lanes of one job stop before the end: a reason to pause, or a batch that is not at work any more. */
import type { PauseReason } from '../domain/pause.ts';

export class JobHalt {
  /** The first reason found; the job pauses the batch with it once all lanes are quiet. */
  reason: PauseReason | undefined;
  #isElsewhere = false;

  get isCalled(): boolean {
    return this.reason !== undefined || this.#isElsewhere;
  }

  pauseFor(reason: PauseReason): void {
    this.reason ??= reason;
  }

  /** Somebody else paused the batch: it only remains to stop. */
  leave(): void {
    this.#isElsewhere = true;
  }
}
