/** Exceptions as documents: a spreadsheet runs nothing in them, and FHIR tools read them. */
import { expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { asCsv, asOperationOutcome, cellOf, type ExportedException } from '../../cli/exception-export.ts';

const BLANK: ExportedException = {
  ...{ id: 'exc-1', severity: 'P1', category: 'missing-record', state: 'OPEN', dataset: { name: 'results' } },
  ...{
    recordType: 'Patient',
    sourceId: 'mrn:1',
    targetId: null,
    field: null,
    position: '',
    cause: 'c',
    causeId: 'cau-1',
  },
  ...{ note: 'no record', owner: null, raisedAt: '2026-11-01T12:00:00.000Z', dueAt: '2026-11-01T16:00:00.000Z' },
  ...{ isOverdue: false, closedBy: null, waivedUntil: null },
};

async function* each(...some: readonly Partial<ExportedException>[]): AsyncGenerator<ExportedException> {
  for (const one of some) yield { ...BLANK, ...one };
}

async function textOf(pieces: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
}

test('rows are RFC 4180: lines end with CRLF, and what has commas, quotes or line ends comes back whole', async () => {
  const note = 'says "no", and\r\nagain';
  const csv = await textOf(asCsv(each({ note }, { owner: 'a,b' })));
  expect(csv.endsWith('\r\n')).toBe(true);
  const rows = parse(csv, { columns: true }) as Record<string, string>[];
  expect(rows.map((row) => [row['note'], row['owner'], row['dataset'], row['isOverdue']])).toEqual([
    [note, '', 'results', 'false'],
    ['no record', 'a,b', 'results', 'false'],
  ]);
});

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '  =1', '\0=1', '|x', '%x'])(
  'no spreadsheet runs %j: an apostrophe goes before it',
  (formula) => {
    const [[cell]] = parse(cellOf(formula)) as [[string]];
    expect(cell).toBe(`'${formula}`);
  },
);

test('an ordinary cell stays as it is', () => {
  expect(['a', "o'neil", 'a=b', '', true, null].map(cellOf)).toEqual(['a', "o'neil", 'a=b', '', 'true', '']);
});

test('an OperationOutcome has an issue for each, with a severity and a code of FHIR R4', async () => {
  const some = each({}, { category: 'truncation', severity: 'P3', field: 'name[0].family' }, { category: 'new' });
  const outcome = JSON.parse(await textOf(asOperationOutcome(some))) as { readonly issue: readonly object[] };
  expect(outcome).toMatchObject({ resourceType: 'OperationOutcome' });
  expect(outcome.issue).toMatchObject([
    { severity: 'error', code: 'not-found', details: { coding: [{ code: 'missing-record' }] } },
    { severity: 'warning', code: 'value', expression: ['Patient.name[0].family'] },
    { severity: 'error', code: 'processing' },
  ]);
});

test('an OperationOutcome of nothing says that there is nothing: it must have an issue', async () => {
  const outcome = JSON.parse(await textOf(asOperationOutcome(each()))) as { readonly issue: readonly object[] };
  expect(outcome.issue).toMatchObject([{ severity: 'information', code: 'informational' }]);
});
