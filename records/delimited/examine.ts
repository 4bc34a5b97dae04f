/** Counts rows and populated cells of a delimited extract, and checks that its rows are as wide as its header. */
import { looksBinary, sniffMediaType } from '../document/sniff.ts';
import { Findings } from '../findings.ts';
import type { Examination } from '../format.ts';
import type { ItemChunks } from '../item-bytes.ts';
import { readDelimited } from './read.ts';

const HEAD_BYTES = 4096;

export async function examineDelimited(_path: string, chunks: ItemChunks): Promise<Examination> {
  const findings = new Findings();
  const sniffed = sniffMediaType(await chunks.peek(HEAD_BYTES));
  if (looksBinary(sniffed)) {
    const message = 'the content is not text';
    findings.add({ category: 'unreadable', code: 'NOT_TEXT', position: 'byte 0', message });
    return { shape: null, problems: findings.all(), mediaType: sniffed };
  }
  let records = 0;
  let fields = 0;
  let mediaType = 'text/csv';
  for await (const read of readDelimited(chunks)) {
    if (read.kind === 'problem') findings.add(read.problem);
    else if (read.kind === 'header') {
      if (read.separator === '\t') mediaType = 'text/tab-separated-values';
      checkColumns(read.columns, findings);
    } else {
      records++;
      for (const cell of read.row.cells) if (cell !== '') fields++;
      if (read.row.problem !== undefined) findings.add(read.row.problem);
    }
  }
  return { shape: { records, fields }, problems: findings.all(), mediaType };
}

function checkColumns(columns: readonly string[], findings: Findings): void {
  const named = columns.filter((name) => name.trim() !== '');
  const repeated = named.findIndex((name, index) => named.indexOf(name) !== index);
  if (repeated === -1) return;
  const message = 'two columns have the same name';
  findings.add({ category: 'schema-invalid', code: 'COLUMN_DUPLICATE', position: 'line 1', message });
}
