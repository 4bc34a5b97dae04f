/** `waybill reconcile`: an auditor's tool by itself. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startWaybill } from '../support/waybill.ts';

let directory: string;
const put = (name: string, lines: readonly string[]) => writeFileSync(join(directory, name), lines.join('\n'));
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'waybill-reconcile-test-'));
  put('old.csv', ['MRN,LAST,ZIP', '1,Zzyzxov,01234', '2,Qwertzik,12345', '3,Xyloph,23456']);
  put('new.csv', ['mrn,last,zip', '1,Zzyzxov,1234', '3,Xyloph,23456']);
  const hl7 = ['MSH|^~\\&|A|B|C|D|20200101||ADT^A01|7|P|2.5', 'PID|1||m1^^^A^MR||Zzyzxov^Q||19800203|F'];
  writeFileSync(join(directory, 'in.hl7'), hl7.join('\r'));
  const rules = [
    { do: 'copy', to: 'identifier[0].value', from: 'PID-3.1' },
    { do: 'date', to: 'birthDate', from: 'PID-7', shapes: ['hl7'], as: 'date' },
  ];
  const records = [{ type: 'Patient', key: 'p:{PID-3.1}', rules }];
  const head = { name: 'm', version: '1.0.0', format: 'hl7v2', messages: ['ADT^A01'], critical: [] };
  put('map.yaml', [JSON.stringify({ ...head, records })]);
  const there = (birthDate: string) => ({ resourceType: 'Patient', id: 'x', identifier: [{ value: 'm1' }], birthDate });
  put('there.ndjson', [JSON.stringify(there('1980-02-03'))]);
  put('wrong.ndjson', [JSON.stringify(there('1980-03-02'))]);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const waybill = (...args: readonly string[]) => startWaybill(['reconcile', ...args], { directory }).ended;

describe('waybill reconcile', () => {
  test('holds one extract against another, exits 2, and keeps every finding without a value', async () => {
    const { code, stdout, stderr } = await waybill('old.csv', 'new.csv', '--key', 'MRN', '--report', 'found.ndjson');
    expect(code).toBe(2);
    expect(stdout).toMatch(/source +3 +1 +1 +1 +0 +0\n/);
    expect(stdout).toMatch(/target +2 +1 +1 +0 +0 +0\n/);
    const report = readFileSync(join(directory, 'found.ndjson'), 'utf8');
    expect(
      report
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      { category: 'missing-record', source: 'line 3', target: null },
      { category: 'value-mismatch', source: 'line 2', target: 'line 2', field: 'ZIP', note: 'leading zeros' },
    ]);
    expect(stdout + stderr + report).not.toMatch(/zzyzxov|qwertzik|xyloph|01234/i);
    expect(readdirSync(directory).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('exits 0 where everything agrees, but for fields that may differ', async () => {
    expect(await waybill('old.csv', 'old.csv', '--key', 'MRN')).toMatchObject({ code: 0 });
    const ignoring = await waybill('new.csv', 'old.csv', '--key', 'MRN', '--ignore', 'zip', '--json');
    expect(JSON.parse(ignoring.stdout)).toMatchObject({ source: { records: 2, matched: 2 }, target: { missing: 1 } });
  });

  test('holds what a lineage makes of messages against what a target gave back', async () => {
    const key = ['--key', 'identifier.value', '--map', 'map.yaml'];
    expect(await waybill('in.hl7', 'there.ndjson', ...key)).toMatchObject({ code: 0 });
    const { code, stdout } = await waybill('in.hl7', 'wrong.ndjson', ...key);
    expect(code).toBe(2);
    expect(stdout).toMatch(/value-mismatch +Patient .*birthDate/);
  });

  test('refuses what it cannot ask: no key, a key that is no column, shapes that differ, no file', async () => {
    expect((await waybill('old.csv', 'new.csv')).stderr).toMatch(/KEY_MISSING/);
    expect((await waybill('old.csv', 'new.csv', '--key', 'MRM')).stderr).toMatch(/KEY_UNKNOWN.*\n.*perhaps MRN/);
    expect((await waybill('old.csv', 'there.ndjson', '--key', 'MRN')).stderr).toMatch(/SHAPES_DIFFER[^]*--map/);
    expect((await waybill('in.hl7', 'new.csv', '--key', 'MRN')).stderr).toMatch(/EXTRACT_UNKNOWN[^]*--map/);
    expect(await waybill('none.csv', 'new.csv', '--key', 'MRN')).toMatchObject({ code: 3 });
    put('columns.parquet', ['PAR1']);
    const mapped = await waybill('columns.parquet', 'there.ndjson', '--map', 'map.yaml');
    expect(mapped).toMatchObject({ code: 3, stderr: expect.stringMatching(/EXTRACT_UNKNOWN.*Parquet[^]*as rows/) });
    const nowhere = await waybill('there.ndjson', 'wrong.ndjson', '--key', 'idd', '--report', 'nothing.ndjson');
    expect(nowhere).toMatchObject({ code: 3, stderr: expect.stringMatching(/KEY_UNKNOWN[^]*--target-key/) });
    expect(readdirSync(directory).filter((name) => name.startsWith('nothing'))).toEqual([]);
  });
});
