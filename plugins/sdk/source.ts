/** One transferable unit of bytes: a file, a message, a document. */
export interface Item {
  /** Relative POSIX path or key, exactly as the source names it. Never absolute, never with a `..` part. */
  readonly path: string;
  readonly sizeBytes: number;
  /** RFC 3339, UTC, when the source knows it. */
  readonly modifiedAt?: string | undefined;
  readonly mediaType?: string | undefined;
}

/** A place to copy from. It is never written to. */
export interface Source {
  /** Yields every item once, in any order, with bounded memory. Items with an unsafe path fail with PATH_REFUSED. */
  list(signal: AbortSignal): AsyncIterable<Item>;
  /**
   * Present when the capability `orderedListing` is declared: `list` then goes by the UTF-8 bytes of the paths, and
   * this yields those that come after `path`, whether or not there is an item of that path.
   */
  listFrom?(path: string, signal: AbortSignal): AsyncIterable<Item>;
  /** Streams an item's bytes from `offsetBytes` to its end. Fails with ITEM_NOT_FOUND. */
  read(path: string, offsetBytes: number, signal: AbortSignal): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}
