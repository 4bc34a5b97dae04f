/** `waybill profile`: every field of files that hold records, at the command line. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startWaybill } from '../support/waybill.ts';

let directory: string;
let scratch: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'waybill-profile-test-'));
  scratch = join(directory, 'tmp');
  mkdirSync(scratch);
  const people = ['MRN,LAST_NAME,DOB', '0012,Zzyzxov,1980-02-03', '0012,Qwertzik,02/03/1981', '0034,Xyloph,1900-01-01'];
  writeFileSync(join(directory, 'people.csv'), people.join('\n'));
  const message = 'MSH|^~\\&|A|B|C|D|20200101||ADT^A01|7|P|2.5\rPID|1||0012||Zzyzxov^Qwertzik||19800203\r';
  writeFileSync(join(directory, 'Zzyzxov.hl7'), message);
  writeFileSync(join(directory, 'scan.pdf'), '%PDF-1.4\n');
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const waybill = (...args: readonly string[]) =>
  startWaybill(['profile', ...args], { directory, environment: { TMPDIR: scratch } }).ended;
const VALUES = /zzyzxov|qwertzik|xyloph|(?<![0-9a-f])0012(?![0-9a-f])|1980-02-03|19800203/i;

describe('waybill profile', () => {
  test('shows every field of files of several formats with findings, and no value and no name of a file', async () => {
    const { code, stdout, stderr } = await waybill('people.csv', 'scan.pdf', 'Zzyzxov.hl7');
    expect(code).toBe(0);
    expect(stdout).toMatch(/delimited files: 1 items, 3 records, 3 fields/);
    expect(stdout).toMatch(/LAST_NAME +100\.0 % +3 +6-8 +name +Aaaaaa 1/);
    expect(stdout).toMatch(/hl7v2 files: 1 items, 1 records/);
    expect(stdout).toMatch(/PID-5\.1 +100\.0 % +1 +7 +name/);
    expect(stdout).toMatch(/DATE_FORMAT_MIXED +DOB +1 +file 1 line 3/);
    expect(stdout).toMatch(/DATE_SENTINEL +DOB +1 +file 1 line 4/);
    expect(stdout).toMatch(/KEY_DUPLICATE +MRN +1 +file 1 line 3/);
    expect(stdout).toMatch(/1 files hold no records .*file 2/);
    expect(stderr).toMatch(/profiling/);
    expect(stdout + stderr).not.toMatch(VALUES);
    expect(readdirSync(scratch).filter((name) => name.startsWith('waybill-profile'))).toEqual([]);
  });

  test('says the same as JSON, of which a second run says the same', async () => {
    const [once, again] = [await waybill('people.csv', '--json'), await waybill('people.csv', '--json')];
    expect(again.stdout).toBe(once.stdout);
    expect(once.stdout).not.toMatch(VALUES);
    expect(JSON.parse(once.stdout)).toMatchObject({
      profiles: [
        { format: 'delimited', records: 3, fields: [{ path: 'DOB' }, { path: 'LAST_NAME' }, { path: 'MRN' }] },
      ],
      skipped: [],
    });
  });

  test('reads the datasets of a plan through their connectors, and names items by their ids', async () => {
    for (const name of ['source', 'target']) mkdirSync(join(directory, name));
    const rows = Array.from({ length: 260 }, (_, at) => `C${at}`).join(',');
    writeFileSync(join(directory, 'source', 'wide.csv'), `${rows}\n${rows.replaceAll('C', '7')}\n`);
    writeFileSync(join(directory, 'source', 'visits.csv'), 'VISIT_ID,SEEN\n1,1900-01-01\n1,2020-01-01\n2,2020-01-02\n');
    const end = (folder: string) => `{ connector: hl7-file-drop, config: { folder: ./${folder} }, secrets: {} }`;
    const dataset = 'tier: active-clinical, select: "**", format: delimited, lineage: pass-through, owner: him';
    const plan = [
      'migration: m',
      `source: ${end('source')}`,
      `target: ${end('target')}`,
      `datasets: [{ name: all, ${dataset} }]`,
    ];
    writeFileSync(join(directory, 'plan.yaml'), plan.join('\n'));
    const { code, stdout } = await waybill('plan.yaml', '--data', join(directory, 'data'));
    expect(code).toBe(0);
    expect(stdout).toMatch(/all: 2 items, 4 records, 262 fields/);
    expect(stdout).toMatch(/C259 +100\.0 %/);
    expect(stdout).toMatch(/DATE_SENTINEL .*SEEN +1 +item-[0-9a-z]{26} line 2/);
    expect(stdout).not.toMatch(/1900-01-01|visits|wide/);
  });

  test('refuses a file that is not there and a format it does not know, with the nearest name', async () => {
    expect(await waybill('none.csv')).toMatchObject({ code: 3, stderr: expect.stringContaining('FILE_MISSING') });
    const wrong = await waybill('people.csv', '--format', 'hl7');
    expect(wrong).toMatchObject({ code: 3, stderr: expect.stringContaining('perhaps hl7v2') });
  });
});
