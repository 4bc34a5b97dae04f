/** The loss report and the explanation of an item: measured value by value, and never holding a value. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { explainItem } from '../../../records/lineage/explain.ts';
import { blockingLosses, LossMeter, type LossReport } from '../../../records/lineage/loss.ts';
import type { LineageMap } from '../../../records/lineage/language.ts';
import { parseLineage } from '../../../records/lineage/parse.ts';
import { item } from '../item.ts';

function understood(map: object): LineageMap {
  const parsed = parseLineage(JSON.stringify({ name: 'm', version: '1.0.0', critical: [], ...map }));
  if (!parsed.ok) throw new Error(parsed.refusals.map(({ message }) => message).join('\n'));
  return parsed.value;
}

async function lossOf(map: object, ...texts: readonly string[]): Promise<LossReport> {
  const meter = new LossMeter(understood(map));
  for (const [index, text] of texts.entries()) await meter.add(`item-${index}`, 'path', item(text));
  return meter.report();
}

const HEADER = 'MSH|^~\\&|A|B|C|D|20250102030405+0000||ADT^A01|M1|P|2.5.1';
const PATIENT = 'PID|1||007^^^HOSP&2.16.1&ISO^MR~123^^^SSA^SS||DOE^JANE||19700102|F';
const QUIET = [{ from: 'MSH-*', reason: 'how it travelled' }];

const adt = (rules: readonly object[], more: object = {}) => ({
  format: 'hl7v2',
  messages: ['ADT^A01'],
  exclusions: QUIET,
  records: [{ type: 'Patient', key: 'p:{PID-3.1}', rules }],
  ...more,
});

const FULL = [
  { to: 'family', from: 'PID-5.1' },
  { to: 'given', from: 'PID-5.2' },
  { to: 'gender', from: 'PID-8' },
  { to: 'birthDate', from: 'PID-7' },
];

describe('a loss report', () => {
  test('names every populated path that reaches nothing, with how often, and no others', async () => {
    const report = await lossOf(adt(FULL), `${HEADER}\r${PATIENT}`, `${HEADER}\r${PATIENT}\rZZ1|a^b|`);
    expect(report.lost.map(({ path, populated, lost, items }) => [path, populated, lost, items])).toEqual([
      ['PID-1', 2, 2, ['item-0', 'item-1']],
      // The key takes the first repetition; the second one went nowhere.
      ['PID-3.1', 4, 2, ['item-0', 'item-1']],
      ['PID-3.4', 2, 2, ['item-0', 'item-1']],
      ['PID-3.4.1', 2, 2, ['item-0', 'item-1']],
      ['PID-3.4.2', 2, 2, ['item-0', 'item-1']],
      ['PID-3.4.3', 2, 2, ['item-0', 'item-1']],
      ['PID-3.5', 4, 4, ['item-0', 'item-1']],
      ['ZZ1-1.1', 1, 1, ['item-1']],
      ['ZZ1-1.2', 1, 1, ['item-1']],
    ]);
    expect(report).toMatchObject({ items: 2, units: 2, records: 2, recordsWithProblems: 0 });
  });

  test('tells what stands with a segment that is passed over from what stands with the one that is taken', async () => {
    const map = {
      format: 'hl7v2',
      messages: ['RDE^O11'],
      exclusions: [...QUIET, { from: 'PID-*', reason: 'moved' }, { from: 'RXO/*', reason: 'as it was first written' }],
      records: [{ type: 'Basic', key: 'a:{RXE-2}', forEach: 'RXE', rules: [{ to: 'route', from: 'RXR-1' }] }],
    };
    const header = HEADER.replace('ADT^A01', 'RDE^O11');
    const message = `${header}\r${PATIENT}\rORC\rRXO\rRXR|IV\rRXC|A\rRXE||X\rRXR|PO|ARM`;
    const { lost, excluded } = await lossOf(map, message);
    expect(lost.map(({ path }) => path)).toEqual(['RXR-2']);
    expect(excluded.map(({ path }) => path).filter((path) => path.startsWith('RX'))).toEqual([
      'RXO/RXC-1',
      'RXO/RXR-1',
    ]);
  });

  test('sets aside what is excluded with a reason, and still counts it', async () => {
    const exclusions = [...QUIET, { from: 'PID-3', reason: 'kept in the key' }, { from: 'PID-1', reason: 'a number' }];
    const report = await lossOf(adt(FULL, { exclusions }), `${HEADER}\r${PATIENT}`);
    expect(report.lost).toEqual([]);
    expect(report.excluded).toContainEqual({ path: 'PID-3.5', populated: 2, reason: 'kept in the key' });
    expect(blockingLosses(report)).toBe(0);
  });

  test('counts a value that a condition kept back, and none that decided a condition', async () => {
    const rules = [{ to: 'family', from: 'PID-5.1', when: [{ from: 'PID-8', in: ['M'] }] }];
    const { lost } = await lossOf(adt(rules), `${HEADER}\r${PATIENT}`);
    expect(lost.map(({ path }) => path)).toContain('PID-5.1');
    expect(lost.map(({ path }) => path)).not.toContain('PID-8');
  });

  test('names overwritten targets and elements made of nothing, by rule', async () => {
    const rules = [
      ...FULL,
      { to: 'family', from: 'PID-5.2' },
      { do: 'constant', to: 'active', value: true },
      { do: 'constant', to: 'identifier[0].system', value: 'urn:x' },
      { do: 'trim', to: 'identifier[0].value', from: 'PID-3.1', repeats: 'first' },
    ];
    const report = await lossOf(adt(rules, { critical: ['Patient.active'] }), `${HEADER}\r${PATIENT}`);
    expect(report.overwritten).toEqual([
      { type: 'Patient', target: 'family', rule: 'records.0.rules.4', count: 1, critical: false },
    ]);
    expect(report.fromNothing).toEqual([
      { type: 'Patient', target: 'active', rule: 'records.0.rules.5', count: 1, critical: true },
    ]);
  });

  test('forgives a value put over another where all of the first one stands elsewhere', async () => {
    const rules = [...FULL, { to: 'family', from: 'PID-5.2' }, { to: 'text', from: 'PID-5.1' }];
    const { overwritten, lost } = await lossOf(adt(rules), `${HEADER}\r${PATIENT}`);
    expect(overwritten).toEqual([]);
    expect(lost.map(({ path }) => path)).not.toContain('PID-5.1');
  });

  test('counts a value that another was put over as lost', async () => {
    const rules = [...FULL, { to: 'family', from: 'PID-5.2' }];
    const { lost } = await lossOf(adt(rules), `${HEADER}\r${PATIENT}`);
    expect(lost.map(({ path }) => path)).toContain('PID-5.1');
  });

  test('counts the values of a record with a problem as seen: they are in the queue, not lost', async () => {
    const date = { do: 'date', to: 'birthDate', from: 'PID-7', shapes: ['iso'], as: 'date' };
    const report = await lossOf(adt([date]), `${HEADER}\r${PATIENT}`);
    expect(report.recordsWithProblems).toBe(1);
    expect(report.lost.map(({ path }) => path)).not.toContain('PID-7');
  });

  test('covers columns, documents and resources', async () => {
    const rows = { format: 'delimited', records: [{ type: 'Basic', key: 'r:{A}', rules: [{ to: 'b', from: 'B' }] }] };
    expect((await lossOf(rows, 'A,B,C,D\n1,2,3,\n4,,,\n')).lost).toMatchObject([{ path: 'C', populated: 1, lost: 1 }]);
    const xml = {
      format: 'ccda',
      records: [{ type: 'Basic', key: 'r:{id/@root}', rules: [{ to: 'b', from: 'title' }] }],
    };
    const document =
      '<ClinicalDocument><id root="1" extension="2"/><title>T<b>x</b></title><code code="c"/></ClinicalDocument>';
    expect((await lossOf(xml, document)).lost.map(({ path }) => path)).toEqual([
      'ClinicalDocument/code/@code',
      'ClinicalDocument/id/@extension',
    ]);
    const fhir = {
      format: 'fhir',
      records: [{ type: 'Patient', key: 'p:{id}', rules: [{ to: 'f', from: 'name.family', repeats: ' ' }] }],
    };
    const resource = { resourceType: 'Patient', id: '1', name: [{ family: 'A' }, { family: 'B', use: 'old' }] };
    expect((await lossOf(fhir, JSON.stringify(resource))).lost.map(({ path }) => path)).toEqual(['Patient.name.use']);
  });

  test('agrees, for any row, with what a reader sees by hand: populated columns without a rule', async () => {
    const columns = ['A', 'B', 'C', 'D', 'E'];
    await fc.assert(
      fc.asyncProperty(
        fc.subarray(columns),
        fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
        async (read, full) => {
          const rules = read.map((column) => ({ to: column.toLowerCase(), from: column }));
          const kind = {
            type: 'Basic',
            key: 'r:{row.n}',
            rules: rules.length === 0 ? [{ do: 'constant', to: 'x', value: 1 }] : rules,
          };
          const cells = full.map((isFull) => (isFull ? 'v' : ''));
          const { lost } = await lossOf(
            { format: 'delimited', records: [kind] },
            `${columns.join(',')}\n${cells.join(',')}\n`,
          );
          const expected = columns.filter((column, at) => full[at] === true && !read.includes(column));
          expect(lost.map(({ path }) => path)).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('an explanation', () => {
  test('names for every target the rule and its sources, and holds digests instead of values', async () => {
    const rules = [
      { do: 'trim', to: 'family', from: 'PID-5.1' },
      { do: 'template', to: 'text', template: '{PID-5.2} {PID-5.1}' },
    ];
    const bytes = item(`${HEADER}\r${PATIENT}`);
    const explained = await explainItem(
      understood(adt(rules)),
      { path: 'p', bytes },
      (value) => `digest of ${value.length}`,
    );
    expect(explained.records).toEqual([
      {
        type: 'Patient',
        key: 'p:007',
        identity: [{ path: 'PID-3.1', position: 'message 1 PID[1]-3', digest: 'digest of 3' }],
        fields: [
          {
            target: 'family',
            transform: 'trim',
            rule: 'records.0.rules.0',
            sources: [{ path: 'PID-5.1', position: 'message 1 PID[1]-5', digest: 'digest of 3' }],
            digest: 'digest of 3',
            overwrote: false,
          },
          {
            target: 'text',
            transform: 'template',
            rule: 'records.0.rules.1',
            sources: [
              { path: 'PID-5.2', position: 'message 1 PID[1]-5', digest: 'digest of 4' },
              { path: 'PID-5.1', position: 'message 1 PID[1]-5', digest: 'digest of 3' },
            ],
            digest: 'digest of 8',
            overwrote: false,
          },
        ],
        problems: [],
      },
    ]);
    expect(explained.leftBehind).toContainEqual({ path: 'PID-8.1', reason: null, count: 1 });
    expect(explained.leftBehind).toContainEqual({ path: 'MSH-10.1', reason: 'how it travelled', count: 1 });
    expect(JSON.stringify(explained)).not.toMatch(/JANE|DOE/);
  });
});
