/** Bytes to records and back: what is read, written again, is the item byte for byte. */
import type { Problem } from './format.ts';
import type { ItemChunks } from './item-bytes.ts';

/** `record` and `filling` hold bytes; those of an item, one after the other, are the item. Problems hold none. */
export type CodecRead<R> =
  | { readonly kind: 'record'; readonly position: string; readonly bytes: Buffer; readonly record: R }
  | { readonly kind: 'filling'; readonly bytes: Buffer }
  | { readonly kind: 'problem'; readonly problem: Problem };

export interface Codec<R> {
  /**
   * Cuts an item into records and the filling between them; never throws on data. What cannot be read is filling, and
   * a problem says why. Memory is bounded by the longest record.
   */
  read(path: string, chunks: ItemChunks): AsyncGenerator<CodecRead<R>>;
  /** The bytes of a record as its values say them: unless it was changed, the ones it was read from. */
  write(record: R): Buffer;
}

/** Writes an item again, each record as `change` leaves it. */
export async function* rewrite<R>(
  codec: Codec<R>,
  path: string,
  chunks: ItemChunks,
  change: (record: R, position: string) => R = (record) => record,
): AsyncGenerator<Buffer> {
  for await (const read of codec.read(path, chunks)) {
    if (read.kind === 'filling') yield read.bytes;
    else if (read.kind === 'record') yield codec.write(change(read.record, read.position));
  }
}
