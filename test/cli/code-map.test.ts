import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { checkCodeMap } from '../../cli/commands/check-code-map.ts';
import { diffCodeMapFiles, importCodeMap, showCodeMap } from '../../cli/commands/code-map.ts';
import { CommandRefused } from '../../cli/exit.ts';

let folder = '';
let printed = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-code-map-'));
  printed = '';
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});

afterEach(() => void jest.restoreAllMocks());

async function file(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text);
  return join(folder, name);
}

async function made(name: string, rows: string): Promise<string> {
  const out = join(folder, `${name}.codemap.json`);
  const csv = await file(`${name}.csv`, `LOCAL,LOINC,display\n${rows}`);
  const columns = 'code=LOCAL,target=LOINC';
  await importCodeMap(csv, { as: 'csv', out, version: name, from: 'urn:lab', to: 'http://loinc.org', columns });
  return out;
}

describe('waybill code-map', () => {
  test('makes a code map of a table, tells what it holds, and shows what it says of a code', async () => {
    const out = await made('one', 'K,1-1,Kalium\nN,2-2,\nN,3-3,\nZ,,\n');
    expect(printed).toContain('lab to LOINC, 4 codes'.replace('4', '3'));
    expect(JSON.parse(await readFile(out, 'utf8'))).toMatchObject({ name: 'one', provenance: { source: 'one.csv' } });
    printed = '';
    expect(await showCodeMap(out, { code: ['K', 'N', 'Z', 'Q'] })).toBe(0);
    expect(printed).toMatch(/K +Kalium +1-1 \(relatedto\)/);
    expect(printed).toMatch(/N +2-2 \(relatedto\); 3-3 \(relatedto\)/);
    expect(printed).toMatch(/Z +none \(unmatched\)/);
    expect(printed).toMatch(/Q +not in this code map/);
  });

  test('shows it as a FHIR ConceptMap, of which the same code map is made again', async () => {
    const out = await made('one', 'K,1-1,Kalium\nZ,,\n');
    printed = '';
    await showCodeMap(out, { conceptMap: true });
    const fhir = await file('map.json', printed);
    const again = join(folder, 'again.codemap.json');
    await importCodeMap(fhir, { as: 'concept-map', out: again });
    const codes = async (path: string) => (JSON.parse(await readFile(path, 'utf8')) as { codes: object }).codes;
    expect(await codes(again)).toEqual(await codes(out));
  });

  test('is held against its published table, the codes it leads to, and the codes there are', async () => {
    const out = await made('one', 'K,6298-4,Kalium\nN,2-1,\nN,2951-2,\nZ,,\n');
    const published = join(folder, 'one.csv');
    const columns = 'code=LOCAL,target=LOINC';
    printed = '';
    expect(await checkCodeMap(out, { published, columns })).toBe(2);
    expect(printed).toMatch(/codes +3\n.*approximate +1\nseveral +1\n.*none +1\ntarget-malformed: 1\n {2}N: 2-1/s);
    const data = await file('data.csv', 'ID,TEST\n1,K\n2,K\n3,N\n4,Z\n5,Q\n');
    printed = '';
    expect(await checkCodeMap(out, { population: data, column: 'TEST', targetCodes: out, json: true })).toBe(2);
    expect(JSON.parse(printed)).toMatchObject({
      counts: { codes: 3, several: 1, none: 1 },
      population: { values: 5, moved: 2 },
      findings: [
        { kind: 'target-unknown', code: 'K' },
        { kind: 'target-malformed', code: 'N' },
        { kind: 'target-unknown', code: 'N' },
        { kind: 'population-ambiguous', code: 'N', times: 1 },
        { kind: 'population-no-map', code: 'Z', times: 1 },
        { kind: 'population-unmapped', code: 'Q', times: 1 },
      ],
    });
    const clean = await made('clean', 'K,6298-4,Kalium\n');
    printed = '';
    expect(await checkCodeMap(clean, { published: join(folder, 'clean.csv'), columns })).toBe(0);
    expect(printed).toContain('nothing found');
    await expect(checkCodeMap(out, { published: join(folder, 'clean.csv'), columns })).rejects.toThrow(CommandRefused);
    await expect(checkCodeMap(out, { population: data, column: 'NO' })).rejects.toThrow(CommandRefused);
  });

  test('says what changed between two', async () => {
    const [before, after] = [await made('one', 'K,1-1,\nN,2-2,\n'), await made('two', 'K,1-2,\nM,4-4,\n')];
    printed = '';
    await diffCodeMapFiles(before, after);
    expect(printed).toContain('version: one -> two');
    expect(printed).toContain(
      '- K: 1-1 (relatedto)\n+ K: 1-2 (relatedto)\n+ M: 4-4 (relatedto)\n- N: 2-2 (relatedto)\n',
    );
    expect(printed).toContain('3 codes differ');
  });

  test('refuses what it cannot read, naming the line and what would help', async () => {
    const csv = await file('x.csv', 'code,target\n,1\n');
    const out = join(folder, 'x.json');
    const wrong = [
      importCodeMap(csv, { as: 'csv', out, version: '1', from: 'urn:a', to: 'urn:b' }),
      importCodeMap(csv, { as: 'xml', out }),
      importCodeMap(csv, { as: 'csv', out, columns: 'kode=x' }),
      importCodeMap(join(folder, 'nowhere'), { as: 'cvx', out }),
      showCodeMap(csv, {}),
    ];
    await Promise.allSettled(wrong);
    for (const each of wrong) await expect(each).rejects.toBeInstanceOf(CommandRefused);
    await expect(wrong[0]).rejects.toThrow('line 2: has no code');
    await expect(wrong[1]).rejects.toThrow('--as names no form of a code map');
  });
});
