/** How many operations run at once over one opened connector; the rest wait their turn, first come first served. */
import { setMaxListeners } from 'node:events';
import { Fault } from '../../kernel/fault.ts';

const WAITING_MAX = 10_000;

export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(slots: number) {
    this.#free = slots;
  }

  /** Resolves to the function that gives the slot back; giving it back twice does nothing. */
  async take(signal: AbortSignal): Promise<() => void> {
    if (this.#free > 0) this.#free--;
    else await this.#wait(signal);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    };
  }

  #wait(signal: AbortSignal): Promise<void> {
    if (this.#waiting.length >= WAITING_MAX) {
      throw new Fault({
        code: 'HOST_OVERLOADED',
        retry: 'transient',
        message: `more than ${WAITING_MAX} operations wait for one connector`,
      });
    }
    return new Promise((resolve, reject) => {
      const turn = (): void => {
        signal.removeEventListener('abort', abandon);
        resolve();
      };
      const abandon = (): void => {
        const at = this.#waiting.indexOf(turn);
        if (at >= 0) this.#waiting.splice(at, 1);
        reject(signal.reason);
      };
      setMaxListeners(0, signal);
      signal.addEventListener('abort', abandon, { once: true });
      this.#waiting.push(turn);
    });
  }
}
