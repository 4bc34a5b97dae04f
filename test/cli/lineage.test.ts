/** `waybill lineage`: what a map loses of files, and one item field by field, at the command line. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startWaybill } from '../support/waybill.ts';

const MAP = `
name: own
version: 1.0.0
format: delimited
critical: []
records:
  - { type: Patient, key: 'mrn:{MRN}', rules: [{ do: trim, to: 'name[0].family', from: LAST }] }
`;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'waybill-lineage-'));
  writeFileSync(join(directory, 'own.yaml'), MAP);
  writeFileSync(join(directory, 'whole.csv'), 'MRN,LAST\n007,Doe\n');
  writeFileSync(join(directory, 'more.csv'), 'MRN,LAST,PHONE\n007,Doe,555\n');
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const waybill = (...args: readonly string[]) => startWaybill(['lineage', ...args], { directory }).ended;

test('a map that loses nothing ends with 0, one that loses something with 2 and the path', async () => {
  expect(await waybill('loss', '--map', 'own.yaml', 'whole.csv')).toMatchObject({ code: 0 });
  const lossy = await waybill('loss', '--map', 'own.yaml', 'whole.csv', 'more.csv');
  expect(lossy).toMatchObject({ code: 2, stdout: expect.stringMatching(/PHONE\s+1\s+1\s+100\.0 %/) });
  expect(lossy.stdout).not.toMatch(/Doe|555/);
});

test('an explanation shows rule and source of every field, and no value', async () => {
  const { code, stdout } = await waybill('explain', 'more.csv', '--map', 'own.yaml');
  expect(code).toBe(0);
  expect(stdout).toMatch(/name\[0\]\.family .* trim .* LAST .* line 2 column LAST .* records\.0\.rules\.0/);
  expect(stdout).toMatch(/PHONE\s+1\s+LOST/);
  expect(stdout).not.toMatch(/Doe|555/);
});

test('the difference of two maps is told in words, by line', async () => {
  writeFileSync(join(directory, 'later.yaml'), MAP.replace('from: LAST', 'from: FAMILY'));
  expect(await waybill('diff', 'own.yaml', 'later.yaml')).toMatchObject({
    code: 0,
    stdout: 'changed Patient: rule for name[0].family (line 7): trim from LAST -> trim from FAMILY\n1 changes\n',
  });
});

test('a map or file that is not there is refused with the nearest name', async () => {
  const refused = await waybill('loss', '--map', 'shipped:oru-fhir', 'whole.csv');
  expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('perhaps shipped:oru-to-fhir') });
  expect(await waybill('loss', '--map', 'own.yaml', 'none.csv')).toMatchObject({ code: 3 });
});
