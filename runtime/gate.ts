/** A gate that lets a limited number through at once, in the order they came. */
import { Fault } from '../kernel/fault.ts';

const WAIT_MAX_MS = 60_000;
const QUEUE_LENGTH_MAX = 10_000;

export class Gate {
  #free: number;
  readonly #waiting: { open(): void }[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  /** Runs `work` when there is a place. Fails with STORE_BUSY when none comes free in time. */
  async pass<T>(work: () => Promise<T>): Promise<T> {
    await this.#enter();
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  async #enter(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    if (this.#waiting.length >= QUEUE_LENGTH_MAX) throw busy();
    await new Promise<void>((resolve, reject) => {
      const entry = {
        open: (): void => {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(entry), 1);
        reject(busy());
      }, WAIT_MAX_MS);
      this.#waiting.push(entry);
    });
  }

  #leave(): void {
    // The place goes from hand to hand, so that nobody slips in between.
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next.open();
  }
}

function busy(): Fault {
  const message = 'the database has been busy for too long; try again';
  return new Fault({ code: 'STORE_BUSY', retry: 'transient', message });
}
