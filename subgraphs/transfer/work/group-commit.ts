/** Group commit: what several lanes want to save at the same time goes into one transaction. */
import { Fault, isFault } from '../../../kernel/fault.ts';

const ENTRIES_PER_COMMIT_MAX = 64;

interface Waiting<T> {
  readonly entry: T;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class GroupCommit<T> {
  /** Why nothing can be saved any more. A commit that failed is never tried again by the same holder. */
  failure: { readonly error: unknown } | undefined;
  readonly #commit: (entries: readonly T[]) => Promise<void>;
  readonly #waiting: Waiting<T>[] = [];
  #newest: Promise<void> = Promise.resolve();
  #isCommitting = false;

  constructor(commit: (entries: readonly T[]) => Promise<void>) {
    this.#commit = commit;
  }

  /** Resolves once the entry is committed, never before: for what the next step relies on. */
  write(entry: T): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure.error);
    const written = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ entry, resolve, reject });
      if (!this.#isCommitting) void this.#commitAll();
    });
    this.#newest = written;
    return written;
  }

  /** Resolves when there is room for more: for what nobody relies on, and a crash would have looked up. */
  async add(entry: T): Promise<void> {
    const written = this.write(entry);
    if (this.#waiting.length > ENTRIES_PER_COMMIT_MAX) return written;
    written.catch(() => {
      // Kept as `failure`, which stops whoever comes next.
    });
  }

  /** Resolves when all is committed. Fails with what could not be. */
  async settle(): Promise<void> {
    await this.#newest;
    if (this.failure !== undefined) throw this.failure.error;
  }

  async #commitAll(): Promise<void> {
    this.#isCommitting = true;
    // Lets the other lanes that are ready now come along.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, ENTRIES_PER_COMMIT_MAX);
      try {
        await this.#commit(group.map(({ entry }) => entry));
        for (const { resolve } of group) resolve();
      } catch (cause) {
        const error = notSaved(cause);
        this.failure = { error };
        for (const { reject } of [...group, ...this.#waiting.splice(0)]) reject(error);
      }
    }
    this.#isCommitting = false;
  }
}

/** Without the store nothing can go on here; whoever has the job next finds what was saved. */
function notSaved(cause: unknown): Fault {
  if (isFault(cause)) return cause;
  const message = 'what was done could not be saved; it will be looked up';
  return new Fault({ code: 'STORE_WRITE_FAILED', retry: 'transient', message, cause });
}
