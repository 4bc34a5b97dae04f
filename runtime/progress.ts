/** Live topics inside one process: the newest state for watchers, and every value for readers with a cursor. */

/** The newest value wins: a watcher gets the snapshot first, then at most two values a second. */
export interface Topic<T> {
  publish(value: T): void;
  subscribe(o: { readonly snapshot: () => Promise<T | undefined> }): AsyncIterableIterator<T>;
}

/** Loses nothing: a reader gets everything after `since` from the store, and is woken for more. */
export interface CursorTopic<T> {
  /** Says that there is something new in the store. */
  wake(): void;
  /** Everything after `since`, in order, for ever; `cursorOf` gives the cursor of a value. */
  subscribe(o: { readonly since: string | undefined }): AsyncIterableIterator<T>;
}

export declare function openTopic<T>(): Topic<T>;
/** `page` reads the values after a cursor, oldest first; empty when there are none yet. */
export declare function openCursorTopic<T>(o: {
  readonly page: (since: string | undefined) => Promise<readonly T[]>;
  readonly cursorOf: (value: T) => string;
}): CursorTopic<T>;
