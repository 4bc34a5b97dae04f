/** The codes that stand in a delimited extract, and how often: what a code map will be asked for. */
import { granted, refused, type Outcome, type Refusal } from '../../kernel/refusal.ts';
import { readDelimited } from '../delimited/read.ts';
import { ItemReading } from '../item-bytes.ts';
import { CODES_MAX } from './document.ts';

/** By code, without white space around it; empty cells are none. What cannot be counted is CODE_MAP_INVALID. */
export async function countCodes(
  bytes: AsyncIterable<Uint8Array>,
  column: string,
): Promise<Outcome<ReadonlyMap<string, number>>> {
  const counts = new Map<string, number>();
  let at = -1;
  for await (const read of readDelimited(new ItemReading(bytes))) {
    if (read.kind === 'problem') return refused(invalid(read.problem.message, 'mend the extract'));
    if (read.kind === 'header') {
      at = read.columns.indexOf(column);
      if (at === -1)
        return refused(invalid(`the extract has no column ${column}`, `one of: ${read.columns.join(', ')}`));
      continue;
    }
    const code = read.row.cells[at]?.trim() ?? '';
    if (code !== '') counts.set(code, (counts.get(code) ?? 0) + 1);
    if (counts.size > CODES_MAX) return refused(invalid(`has more than ${CODES_MAX} codes`, 'name a column of codes'));
  }
  return granted(counts);
}

function invalid(message: string, remedy: string): Refusal {
  return { code: 'CODE_MAP_INVALID', message, field: ['population'], remedy };
}
