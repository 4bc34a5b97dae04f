/** What a reconciliation of two extracts says to people; places and fields, never a value. */
import type {
  ExtractFinding,
  ExtractTotals,
  SideCounts,
} from '../../subgraphs/validation/extracts/reconcile-extracts.ts';
import { table } from '../table.ts';

const HEAD = ['', 'records', 'matched', 'differ', 'missing there', 'repeated', 'unusable'];

export function reconcileText(
  { source, target, findings }: ExtractTotals,
  shown: readonly ExtractFinding[],
  report: string | undefined,
): string {
  const parts = [table(HEAD, [sideRow('source', source), sideRow('target', target)])];
  if (findings.length > 0) {
    const rows = findings.map(({ category, code, count }) => [category, code, count]);
    parts.push(table(['category', 'code', 'findings'], rows), shownTable(shown));
    const all = findings.reduce((sum, { count }) => sum + count, 0);
    if (report !== undefined) parts.push(`all ${all} findings are in ${report}`);
    else if (all > shown.length) parts.push(`the first ${shown.length} of ${all}; --report FILE writes them all`);
  }
  const isClean = findings.length === 0;
  parts.push(isClean ? 'every record of either side agrees with the other side' : 'the two sides do not agree');
  return `${parts.join('\n\n')}\n`;
}

function sideRow(name: string, counts: SideCounts): (string | number)[] {
  const { records, matched, differs, missing, repeated, unusable } = counts;
  return [name, records, matched, differs, missing, repeated, unusable];
}

function shownTable(shown: readonly ExtractFinding[]): string {
  return table(
    ['category', 'type', 'source', 'target', 'field', 'what'],
    shown.map(({ category, recordType, source, target, field, note }) => [
      category,
      recordType,
      source ?? '',
      target ?? '',
      field ?? '',
      note,
    ]),
  );
}
