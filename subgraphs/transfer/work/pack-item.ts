/** Packing one item: read once at the source, digested and examined on the way into the strongroom. */
import { Fault } from '../../../kernel/fault.ts';
import { examine } from '../../../records/examine.ts';
import { Passing } from '../../../records/passing.ts';
import type { Format } from '../domain/dataset.ts';
import { failedRow, type ManifestRow, packedRow, type SurveyedItem } from '../domain/manifest.ts';
import { consequenceOf } from '../domain/pause.ts';
import type { Source, TransferContext } from './context.ts';

/** A file may have grown since it was surveyed: to this many times its size, and so much more. */
const GROWN_TIMES_MAX = 2;
const GROWN_MORE_MAX_BYTES = 256 * 1024 * 1024;

export interface PackTools {
  readonly context: TransferContext;
  readonly source: Source;
  readonly format: Format;
  readonly signal: AbortSignal;
}

/** The item's row. An item that cannot be read gets a failed one; what would stop every other item is thrown. */
export async function packItem(tools: PackTools, item: SurveyedItem): Promise<ManifestRow> {
  try {
    return await readItem(tools, item);
  } catch (error) {
    const code = (error as { readonly code?: unknown }).code;
    if (error instanceof Fault && consequenceOf(error.code, 'packing') === 'fail-item')
      return failedRow(item, `${code}`);
    throw error;
  }
}

async function readItem({ context, source, format, signal }: PackTools, item: SurveyedItem): Promise<ManifestRow> {
  const passing = new Passing(bounded(source.read(item.path, 0, signal), item));
  const examining = examine(format, item.path, passing.seen());
  // Where the keeping fails, the examination fails of that; it is the keeping that is told.
  examining.catch(() => {});
  const kept = await context.strongroom.put(passing.bytes());
  return packedRow(item, kept, await examining);
}

/** Fails with ITEM_CHANGED beyond what an item may have grown: a source without an end would fill the strongroom. */
async function* bounded(
  bytes: AsyncIterable<Uint8Array>,
  { itemId, sizeBytes }: SurveyedItem,
): AsyncGenerator<Uint8Array> {
  const mostBytes = sizeBytes * GROWN_TIMES_MAX + GROWN_MORE_MAX_BYTES;
  let passedBytes = 0;
  for await (const chunk of bytes) {
    passedBytes += chunk.byteLength;
    if (passedBytes > mostBytes) {
      const message = `more than ${mostBytes} bytes came of an item surveyed with ${sizeBytes}; survey it again`;
      throw new Fault({ code: 'ITEM_CHANGED', retry: 'permanent', message, subject: itemId });
    }
    yield chunk;
  }
}
