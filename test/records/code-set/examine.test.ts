/** Code maps held against their published tables, the systems they lead to, and the codes there are. */
import { createReadStream, globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { CodeMapDocument } from '../../../records/code-set/document.ts';
import { examineCodeMap } from '../../../records/code-set/examine.ts';
import { loadCodeMap, type LoadOptions } from '../../../records/code-set/load.ts';
import { SAMPLES } from '../../support/samples.ts';
import { item } from '../item.ts';
import { ICD_10, ICD_9 } from './documents.ts';

type Given = Partial<LoadOptions> & Pick<LoadOptions, 'as'>;

async function made(bytes: AsyncIterable<Uint8Array>, options: Given): Promise<CodeMapDocument> {
  const outcome = await loadCodeMap(bytes, { name: 'some-map', version: '1', source: 'some.txt', ...options });
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.refusals));
  return outcome.value;
}

const csv = (rows: string, to: string) =>
  made(item(`code,target,equivalence\n${rows}`), { as: 'csv', from: 'urn:site', to });

const kinds = (document: CodeMapDocument, examineWith: Parameters<typeof examineCodeMap>[1] = {}) =>
  examineCodeMap(document, examineWith).findings.map(({ kind, code, detail }) => [kind, code, detail ?? '']);

const SYSTEMS = {
  diagnosis: [ICD_10, 'E11.9', 'E1'],
  procedure: ['http://www.cms.gov/Medicare/Coding/ICD10', '0DB58ZX', '0DBI8ZX'],
  'procedure by CPT': ['http://www.ama-assn.org/go/cpt', '71045', '7104'],
  'procedure by SNOMED CT': ['http://snomed.info/sct', '76164006', '76164007'],
  laboratory: ['http://loinc.org', '8867-4', '8867-5'],
} as const;

describe('a code map', () => {
  test.each(Object.entries(SYSTEMS))('of a %s leads to no code its system cannot hold', async (_, [to, good, bad]) => {
    const document = await csv(`A,${good},equivalent\nB,${bad},equivalent\n`, to);
    expect(kinds(document)).toEqual([['target-malformed', 'B', bad]]);
  });

  test('leads to no code that is not among those of its target, where they are known', async () => {
    const document = await csv('A,E11.9,equivalent\nB,E11.8,equivalent\n', ICD_10);
    expect(kinds(document, { targetCodes: new Set(['E11.9']) })).toEqual([['target-unknown', 'B', 'E11.8']]);
    const unchecked = await csv('A,x,equivalent\n', 'urn:somewhere');
    expect(examineCodeMap(unchecked).targetsUnchecked).toBe(1);
    expect(examineCodeMap(unchecked, { targetCodes: new Set(['x']) }).targetsUnchecked).toBe(0);
  });

  test('says what its published table says: nothing left out, nothing added, each equivalence kept', async () => {
    const published = await csv('A,E11.9,equivalent\nB,E11.8,wider\nC,,unmatched\n', ICD_10);
    expect(kinds(published, { published })).toEqual([]);
    const document = await csv('A,E11.9,wider\nC,,unmatched\nD,E11.8,wider\n', ICD_10);
    expect(kinds(document, { published })).toEqual([
      ['not-as-published', 'A', 'E11.9 (equivalent)'],
      ['left-out', 'B', 'E11.8 (wider)'],
      ['not-published', 'D', ''],
    ]);
  });

  test('has an answer for every code there is, and tells how many values have none, and why', async () => {
    const document = await csv('A,E11.9,equivalent\nB,E11.8,wider\nB,E11.7,wider\nC,,unmatched\n', ICD_10);
    const population = new Map(Object.entries({ A: 90, B: 7, C: 2, Q: 1 }));
    const { counts, population: told, findings } = examineCodeMap(document, { population });
    expect(counts).toEqual({ codes: 3, exact: 1, approximate: 0, several: 1, combined: 0, none: 1 });
    expect(told).toEqual({ values: 100, moved: 90 });
    expect(findings).toEqual([
      { kind: 'population-ambiguous', code: 'B', times: 7 },
      { kind: 'population-no-map', code: 'C', times: 2 },
      { kind: 'population-unmapped', code: 'Q', times: 1 },
    ]);
  });
});

/** Counted from the lines themselves, without the reader: codes, those without a target, those with several. */
function countGem(path: string) {
  const targets = new Map<string, number>();
  const combined = new Set<string>();
  for (const line of readFileSync(path, 'latin1').split('\n')) {
    const [source, , flags] = line.trim().split(/\s+/);
    if (source === undefined || flags === undefined) continue;
    targets.set(source, (targets.get(source) ?? 0) + (flags[1] === '1' ? 0 : 1));
    if (flags[2] === '1') combined.add(source);
  }
  const several = [...targets].filter(([code, count]) => count > 1 && !combined.has(code)).length;
  const none = [...targets.values()].filter((count) => count === 0).length;
  return { codes: targets.size, several, combined: combined.size, none };
}

(SAMPLES === undefined ? describe.skip : describe)('published tables (skipped without WAYBILL_SAMPLES)', () => {
  const place = `${SAMPLES}/terminology`;
  const gem = async (name: string, from: string, to: string) => {
    const path = `${place}/gems-2018/${name}`;
    return { path, document: await made(createReadStream(path), { as: 'gems', from, to }) };
  };

  test('diagnoses: every code of both GEMs is there, and leads to a code of the other system', async () => {
    const forward = await gem('2018_I9gem.txt', ICD_9, ICD_10);
    const back = await gem('2018_I10gem.txt', ICD_10, ICD_9);
    for (const [{ path, document }, other] of [[forward, back] as const, [back, forward] as const]) {
      const targetCodes = new Set(Object.keys(other.document.codes));
      const { counts, targetsUnchecked, findings } = examineCodeMap(document, { targetCodes });
      expect(counts).toMatchObject(countGem(path));
      expect(targetsUnchecked).toBe(0);
      // CMS wrote one code of 2018 in small letters.
      const small = { kind: 'target-unknown', code: 'T88.53XD', detail: 'v58.89' };
      expect(findings).toEqual(document === back.document ? [small] : []);
    }
  });

  test('vaccines: every code of the CVX list stands for itself', async () => {
    const document = await made(createReadStream(`${place}/cvx/cvx.txt`), { as: 'cvx', version: undefined });
    const lines = readFileSync(`${place}/cvx/cvx.txt`, 'utf8')
      .split('\n')
      .filter((line) => line.trim() !== '');
    const codes = lines.map((line) => line.split('|')[0]?.trim() ?? '');
    const population = new Map(codes.map((code) => [code, 1]));
    const { counts, findings, population: told } = examineCodeMap(document, { population });
    expect(findings).toEqual([]);
    expect(counts).toMatchObject({ codes: codes.length, exact: codes.length });
    expect(told).toEqual({ values: codes.length, moved: codes.length });
  });

  test('tables of laboratory and procedure codes in HL7 v2 messages lead to no code that cannot be', async () => {
    const tables = globSync(`${place}/v2-to-fhir-conceptmaps/*.csv`).sort();
    const found: string[] = [];
    let codes = 0;
    for (const path of tables) {
      const outcome = await loadCodeMap(createReadStream(path), {
        ...{ as: 'v2-to-fhir', name: 'table', version: '1', source: 'table.csv' },
      });
      // Tables without a source code are refused (load.test.ts).
      if (!outcome.ok) continue;
      const { counts, findings } = examineCodeMap(outcome.value);
      codes += counts.codes;
      found.push(...findings.map(({ kind, code, detail }) => `${kind} ${code} ${detail}`));
    }
    expect(codes).toBeGreaterThan(2000);
    expect(found).toEqual([]);
  });
});
