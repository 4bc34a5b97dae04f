/** Reads an item with a codec and writes it again. */
import { rewrite, type Codec, type CodecRead } from '../../records/codec.ts';
import type { Problem } from '../../records/format.ts';
import { ItemReading } from '../../records/item-bytes.ts';
import { all, item } from './item.ts';

type RecordRead<R> = Extract<CodecRead<R>, { readonly kind: 'record' }>;

export interface Reading<R> {
  readonly records: readonly RecordRead<R>[];
  readonly problems: readonly Problem[];
  /** Records and filling, one after the other. */
  readonly tiled: Buffer;
  /** Every record written by the codec. */
  readonly written: Buffer;
}

export async function rewritten<R>(
  codec: Codec<R>,
  content: string | Uint8Array,
  chunkBytes?: number,
  path = 'item',
): Promise<Reading<R>> {
  const reads = await all(codec.read(path, new ItemReading(item(content, chunkBytes))));
  const written = await all(rewrite(codec, path, new ItemReading(item(content, chunkBytes))));
  return {
    records: reads.filter((read) => read.kind === 'record'),
    problems: reads.flatMap((read) => (read.kind === 'problem' ? [read.problem] : [])),
    tiled: Buffer.concat(reads.flatMap((read) => (read.kind === 'problem' ? [] : [read.bytes]))),
    written: Buffer.concat(written),
  };
}
