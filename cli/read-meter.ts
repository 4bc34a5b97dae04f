/** Files read by a command: their bytes from front to back, and a line that says how far it is. */
import { createReadStream } from 'node:fs';
import { systemClock } from '../kernel/clock.ts';
import { progressLine } from './progress-line.ts';

const READ_AHEAD_BYTES = 1 << 20;

/** Counts what is read and shows it. */
export class ReadMeter {
  readonly #phase: string;
  readonly #items: number;
  readonly #line = progressLine();
  readonly #started = systemClock.elapsedMs();
  #itemsDone = 0;
  #bytesDone = 0;
  #isOver = false;

  /** `items` is how many files there are; `phase` what is done with them. */
  constructor(phase: string, items: number) {
    this.#phase = phase;
    this.#items = items;
  }

  async *through(path: string): AsyncGenerator<Uint8Array> {
    for await (const chunk of createReadStream(path, { highWaterMark: READ_AHEAD_BYTES })) {
      yield chunk as Buffer;
      this.#bytesDone += (chunk as Buffer).byteLength;
      this.#show();
    }
    this.#itemsDone += 1;
    this.#show();
  }

  end(): void {
    if (!this.#isOver) this.#line.end();
    this.#isOver = true;
  }

  #show(): void {
    const elapsedSeconds = (systemClock.elapsedMs() - this.#started) / 1000;
    const counts = { items: this.#items, itemsDone: this.#itemsDone, bytesDone: this.#bytesDone, exceptions: 0 };
    this.#line.show({ phase: this.#phase, ...counts, elapsedSeconds });
  }
}
