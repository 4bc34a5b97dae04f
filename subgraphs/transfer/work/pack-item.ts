/** Packing one item: read once at the source, digested on the way into the strongroom, then examined there. */
import { RunningDigest } from '../../../kernel/digest.ts';
import { Fault } from '../../../kernel/fault.ts';
import { examine } from '../../../records/examine.ts';
import type { Format } from '../domain/dataset.ts';
import { failedRow, type ManifestRow, packedRow, type SurveyedItem } from '../domain/manifest.ts';
import { consequenceOf } from '../domain/pause.ts';
import type { Source, TransferContext } from './context.ts';

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
  const digest = new RunningDigest();
  const kept = await context.strongroom.put(digest.through(source.read(item.path, 0, signal)));
  if (kept.digest !== digest.value()) throw damaged(item);
  const examined = await examine(format, item.path, context.strongroom.read(kept.digest));
  return packedRow(item, kept, examined);
}

function damaged(item: SurveyedItem): Fault {
  const message = 'the strongroom kept other bytes than it was given; look at its disk before resuming';
  return new Fault({ code: 'STRONGROOM_DAMAGED', retry: 'permanent', message, subject: item.itemId });
}
