import { ConnectorError } from '@waybill/connector-sdk';

/** One limit for one or several waits in a row. */
export class Wait {
  readonly #timer: NodeJS.Timeout;
  #isOver = false;
  #reject: ((error: unknown) => void) | undefined;

  /** `late` is called when the time is up, before whoever waits hears of it. */
  constructor(deadlineMs: number, late: () => void) {
    this.#timer = setTimeout(() => {
      this.#isOver = true;
      late();
      this.#reject?.(tooLate());
    }, deadlineMs);
  }

  /** Settles like `work`, or fails with UNAVAILABLE when the time is up. */
  for<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#isOver) reject(tooLate());
      this.#reject = reject;
      work.then(resolve, reject);
    });
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

function tooLate(): ConnectorError {
  return new ConnectorError('UNAVAILABLE', 'nothing came in time');
}
