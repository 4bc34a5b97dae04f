/** Deadlines that hold even when a connector ignores its signal. */
import { setMaxListeners } from 'node:events';
import { Fault } from '../../kernel/fault.ts';
import { aborted, type Act } from './translate.ts';

/** Runs `work`; fails with ABORTED when `signal` fires, with `late` when it takes longer than `deadlineMs`. */
export async function withDeadline<T>(
  act: Act,
  signal: AbortSignal,
  deadlineMs: number,
  late: (act: Act) => Fault,
  work: (signal: AbortSignal, watch: Watch) => Promise<T>,
): Promise<T> {
  const watch = new Watch(act, signal, deadlineMs, late);
  try {
    return await watch.race(work(watch.signal, watch));
  } finally {
    watch.close();
  }
}

/** The commonest answer to lateness: the other side is unavailable for now. */
export function tooLate(act: Act): Fault {
  return new Fault({
    code: 'UNAVAILABLE',
    retry: 'transient',
    message: `${act.connector} gave no answer to ${act.name} in time`,
    subject: act.subject,
  });
}

/** A commit without an answer may have landed. */
export function outcomeUnknown(act: Act): Fault {
  return new Fault({
    code: 'OUTCOME_UNKNOWN',
    retry: 'ambiguous',
    message: `${act.connector} gave no answer to ${act.name} in time, so it may have been done`,
    subject: act.subject,
  });
}

/** One signal for a connector, one promise that fails when the caller stops or the connector is late. */
export class Watch {
  readonly signal: AbortSignal;
  readonly #act: Act;
  readonly #outer: AbortSignal;
  readonly #stop = new AbortController();
  #broken: Fault | undefined;
  // Not Promise.race against one long-lived promise: that would keep every chunk of a stream alive.
  #reject: ((fault: Fault) => void) | undefined;
  readonly #onTime: () => void;
  #timer: NodeJS.Timeout;
  readonly #onAbort: () => void;
  #paused = false;

  constructor(act: Act, outer: AbortSignal, deadlineMs: number, late: (act: Act) => Fault) {
    this.#act = act;
    this.#outer = outer;
    this.signal = this.#stop.signal;
    // As many listeners as operations under way; the slots bound them.
    setMaxListeners(0, outer);
    this.#onAbort = () => this.#fail(aborted(act));
    outer.addEventListener('abort', this.#onAbort, { once: true });
    this.#onTime = () => {
      if (this.#paused) this.#timer.refresh();
      else this.#fail(late(act));
    };
    this.#timer = setTimeout(this.#onTime, deadlineMs);
  }

  /** Settles like `work`, unless the watch breaks first; then what `work` does later is ignored. One at a time. */
  race<T>(work: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#reject = reject;
      work.then(resolve, reject);
      if (this.#outer.aborted) this.#fail(aborted(this.#act));
      else if (this.#broken !== undefined) reject(this.#broken);
    });
  }

  /** From now on nothing may take longer than this. */
  expect(deadlineMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onTime, deadlineMs);
  }

  /** Something moved: the time starts again. */
  moved(): void {
    this.#paused = false;
    this.#timer.refresh();
  }

  /** The wait that follows is not the connector's fault. */
  pause(): void {
    this.#paused = true;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#outer.removeEventListener('abort', this.#onAbort);
  }

  #fail(fault: Fault): void {
    this.#broken ??= fault;
    this.#reject?.(this.#broken);
    this.#stop.abort(fault);
  }
}
