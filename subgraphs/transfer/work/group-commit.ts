/** Group commit: what several lanes want to save at the same time goes into one transaction. */
import { systemClock } from '../../../kernel/clock.ts';
import { Fault, isFault } from '../../../kernel/fault.ts';

const ENTRIES_PER_COMMIT_MAX = 256;
/** What nobody waits for is committed with what somebody does, and alone only when it has waited this long. */
const ADDED_WAIT_MAX_MS = 200;
/** Whoever waits for a commit gives the other lanes as long as the last commit took, and never longer than this. */
const COMPANY_WAIT_MAX_MS = 20;

interface Waiting<T> {
  readonly entry: T;
  readonly isAwaited: boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class GroupCommit<T> {
  /** Why nothing can be saved any more. A commit that failed is never tried again by the same holder. */
  failure: { readonly error: unknown } | undefined;
  readonly #commit: (entries: readonly T[]) => Promise<void>;
  readonly #lanes: number;
  readonly #waiting: Waiting<T>[] = [];
  #newest: Promise<void> = Promise.resolve();
  #isCommitting = false;
  #isSettling = false;
  #lastTookMs = 0;
  #timer: { readonly handle: NodeJS.Timeout; readonly dueMs: number } | undefined;

  /** When as many as there are lanes wait for a commit, nobody else can come along. */
  constructor(lanes: number, commit: (entries: readonly T[]) => Promise<void>) {
    this.#lanes = lanes;
    this.#commit = commit;
  }

  /** Resolves once the entry is committed, never before: for what the next step relies on. */
  write(entry: T): Promise<void> {
    return this.#put(entry, true);
  }

  /** Resolves when there is room for more: for what nobody relies on, and a crash would have looked up. */
  async add(entry: T): Promise<void> {
    const written = this.#put(entry, false);
    if (this.#waiting.length > ENTRIES_PER_COMMIT_MAX) return written;
    written.catch(() => {
      // Kept as `failure`, which stops whoever comes next.
    });
  }

  /** Resolves when all is committed. Fails with what could not be. */
  async settle(): Promise<void> {
    this.#isSettling = true;
    this.#begin();
    await this.#newest.finally(() => {
      this.#isSettling = false;
    });
    if (this.failure !== undefined) throw this.failure.error;
  }

  #put(entry: T, isAwaited: boolean): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure.error);
    const written = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ entry, isAwaited, resolve, reject });
    });
    this.#newest = written;
    this.#schedule();
    return written;
  }

  #schedule(): void {
    if (this.#isCommitting || this.#waiting.length === 0) return;
    const awaited = this.#waiting.filter(({ isAwaited }) => isAwaited).length;
    if (awaited >= this.#lanes || this.#waiting.length >= ENTRIES_PER_COMMIT_MAX) this.#begin();
    else this.#beginWithin(awaited > 0 ? Math.min(this.#lastTookMs, COMPANY_WAIT_MAX_MS) : ADDED_WAIT_MAX_MS);
  }

  #beginWithin(waitMs: number): void {
    const dueMs = systemClock.elapsedMs() + waitMs;
    if (this.#timer !== undefined && this.#timer.dueMs <= dueMs) return;
    clearTimeout(this.#timer?.handle);
    this.#timer = { handle: setTimeout(() => this.#begin(), waitMs), dueMs };
  }

  #begin(): void {
    clearTimeout(this.#timer?.handle);
    this.#timer = undefined;
    if (!this.#isCommitting && this.#waiting.length > 0) void this.#commitGroup();
  }

  async #commitGroup(): Promise<void> {
    this.#isCommitting = true;
    const beganMs = systemClock.elapsedMs();
    const group = this.#waiting.splice(0, ENTRIES_PER_COMMIT_MAX);
    try {
      await this.#commit(group.map(({ entry }) => entry));
      for (const { resolve } of group) resolve();
    } catch (cause) {
      const error = notSaved(cause);
      this.failure = { error };
      for (const { reject } of [...group, ...this.#waiting.splice(0)]) reject(error);
    }
    this.#lastTookMs = systemClock.elapsedMs() - beganMs;
    this.#isCommitting = false;
    if (this.#isSettling) this.#begin();
    else this.#schedule();
  }
}

/** Without the store nothing can go on here; whoever has the job next finds what was saved. */
function notSaved(cause: unknown): Fault {
  if (isFault(cause)) return cause;
  const message = 'what was done could not be saved; it will be looked up';
  return new Fault({ code: 'STORE_WRITE_FAILED', retry: 'transient', message, cause });
}
