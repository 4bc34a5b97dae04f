import { createReadStream, globSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sha256 } from '../../../kernel/digest.ts';
import { codeMapText, parseCodeMap, type CodeMapDocument } from '../../../records/code-set/document.ts';
import { CODE_MAP_FORMS, loadCodeMap, type LoadOptions } from '../../../records/code-set/load.ts';
import { conceptMapOf } from '../../../records/code-set/write-concept-map.ts';
import { SAMPLES } from '../../support/samples.ts';
import { item } from '../item.ts';
import { anyDocument, anyOpenDocument, ICD_10, ICD_9 } from './documents.ts';

const load = (text: string, options: Partial<LoadOptions> & Pick<LoadOptions, 'as'>) =>
  loadCodeMap(item(text, 7), { name: 'some-map', version: '1', source: 'some.txt', ...options });

async function loaded(text: string, options: Partial<LoadOptions> & Pick<LoadOptions, 'as'>): Promise<CodeMapDocument> {
  const outcome = await load(text, options);
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.refusals));
  return outcome.value;
}

async function refusals(text: string, options: Partial<LoadOptions> & Pick<LoadOptions, 'as'>) {
  const outcome = await load(text, options);
  return outcome.ok ? [] : outcome.refusals.map(({ message }) => message);
}

const gems = { as: 'gems', from: ICD_9, to: ICD_10 } as const;

describe('General Equivalence Mappings', () => {
  test('keep every flag, and write codes with their point', async () => {
    const text =
      'A1234 B12345  00000\nE1234 B9990   10000\nA1239 C1      10112\nA1239 C2      00111\nA9    NoDx    11000\n';
    const { codes, provenance } = await loaded(text, gems);
    expect(codes).toEqual({
      'A12.34': { targets: [{ code: 'B12.345', equivalence: 'equivalent' }] },
      'E123.4': { targets: [{ code: 'B99.90', equivalence: 'relatedto' }] },
      'A12.39': {
        targets: [
          { code: 'C1', equivalence: 'relatedto', scenario: 1, choice: 2 },
          { code: 'C2', equivalence: 'wider', scenario: 1, choice: 1 },
        ],
      },
      A9: { targets: [{ equivalence: 'unmatched' }] },
    });
    expect(provenance).toMatchObject({ source: 'some.txt', loadedWith: 'gems 1' });
  });

  test('are refused by line where a line is something else, repeats, or contradicts itself', async () => {
    const text = 'A1234 B12345  00000\nhello\nA1234 B12345  00000\nA1 B1 00011\n';
    expect(await refusals(text, gems)).toEqual([
      'line 2: is no line of a GEM',
      'line 3: repeats an earlier mapping',
      'line 4: has flags that contradict each other',
    ]);
  });
});

describe('the list of vaccines', () => {
  const text =
    '901      |short one|the long name|a note|Inactive|False|2020/01/02\n02|short two|||Active|False|2021/03/04\n';

  test('is a code system: names and status of every code, dated by its newest line', async () => {
    const document = await loaded(text, { as: 'cvx', version: undefined });
    expect(document).toMatchObject({
      version: '2021-03-04',
      from: { system: 'http://hl7.org/fhir/sid/cvx', name: 'CVX' },
    });
    expect(document.codes['901']).toEqual({
      display: 'short one',
      definition: 'the long name',
      status: 'inactive',
      comment: 'a note',
      targets: [{ code: '901', display: 'short one', equivalence: 'equal' }],
    });
  });
});

describe("a table of HL7's v2-to-FHIR project", () => {
  const above = 'HL7 v2,,,Condition (IF True),,,HL7 FHIR,,,,,Comments';
  const names = 'Code,Text,Code System,Computable ANTLR,Computable FHIRPath,Narrative,Code,,Display,Code System,,';
  const head = `${above}\r\n${names}\r\n`;

  test('keeps conditions and comments, and says where there is no map', async () => {
    const text = [
      `${head}A,"First, of all",HL70999,,,,one,,One,urn:to,,`,
      'B,,HL70999,,,in time,two,Two,,urn:other,,so they say',
      'C,,HL70999,,,,,,,,,',
      ',,,,,,three,,Three,urn:to,,',
    ].join('\r\n');
    const document = await loaded(text, { as: 'v2-to-fhir' });
    expect(document.from.system).toBe('http://terminology.hl7.org/CodeSystem/v2-0999');
    expect(document.to.system).toBe('urn:to');
    expect(document.codes).toEqual({
      A: { display: 'First, of all', targets: [{ code: 'one', display: 'One', equivalence: 'relatedto' }] },
      B: {
        targets: [
          {
            code: 'two',
            display: 'Two',
            system: 'urn:other',
            equivalence: 'relatedto',
            dependsOn: [{ property: 'Narrative', value: 'in time' }],
            comment: 'so they say',
          },
        ],
      },
      C: { targets: [{ equivalence: 'unmatched' }] },
    });
  });

  test('is refused where a target has no system, a code none, or the headings are others', async () => {
    expect(await refusals(`${head}A,,HL70999,,,,one,,One,,,\n`, { as: 'v2-to-fhir' })).toContain(
      'line 3: has a target code without its system',
    );
    expect(await refusals(`${head}A,,,,,,one,,One,urn:to,,\n`, { as: 'v2-to-fhir' })).toContain(
      'line 3: has a code of no code system',
    );
    expect(await refusals('a,b\nc,d\n', { as: 'v2-to-fhir' })).toContain(
      'line 2: does not name the columns of a v2-to-FHIR table',
    );
  });
});

describe('a table somebody keeps', () => {
  const options = { as: 'csv', from: 'urn:local', to: 'http://loinc.org' } as const;

  test('is read by its declared columns; what nobody has said is related at most', async () => {
    const text = 'LOCAL,LOINC,Name,How\nK1,1-1,Kalium,equivalent\nK2,2-2,,\nK3,,,\n';
    const columns = { code: 'local', target: 'loinc', display: 'name', equivalence: 'how' };
    expect((await loaded(text, { ...options, columns })).codes).toEqual({
      K1: { display: 'Kalium', targets: [{ code: '1-1', equivalence: 'equivalent' }] },
      K2: { targets: [{ code: '2-2', equivalence: 'relatedto' }] },
      K3: { targets: [{ equivalence: 'unmatched' }] },
    });
  });

  test('is refused by line', async () => {
    expect(await refusals('code,target,equivalence\nA,1,same\n,2,\nB,,equal\nC,1\n', options)).toEqual([
      'line 2: has an equivalence that is not of FHIR R4',
      'line 3: has no code',
      'line 4: does not fit together',
      'line 5: 2 cells where the header has 3 columns',
      'the file: holds no source code',
    ]);
    expect(await refusals('a,b\n1,2\n', options)).toContain('line 1: has no column for code');
  });
});

describe('a FHIR ConceptMap', () => {
  const group = {
    source: 'urn:a',
    target: 'urn:b',
    element: [{ code: 'x', target: [{ code: 'y', equivalence: 'wider' }] }],
  };
  const resource = (more: object) =>
    JSON.stringify({ resourceType: 'ConceptMap', status: 'active', group: [group], ...more });

  test('of several source systems is read by the one that is asked for, of several targets as a whole', async () => {
    const groups = [group, { ...group, target: 'urn:c' }, { ...group, source: 'urn:z' }];
    expect(await refusals(resource({ group: groups }), { as: 'concept-map' })).toContain(
      '/group: is of several source systems, or of none',
    );
    const { codes } = await loaded(resource({ group: groups }), { as: 'concept-map', from: 'urn:a' });
    expect(codes['x']?.targets).toEqual([
      { code: 'y', equivalence: 'wider' },
      { code: 'y', system: 'urn:c', equivalence: 'wider' },
    ]);
  });

  test('is refused by JSON pointer', async () => {
    const bad = {
      ...group,
      element: [{ code: 'x', target: [{ code: 'y', equivalence: 'same' }, { equivalence: 'equal' }] }],
    };
    expect(await refusals(resource({ group: [bad] }), { as: 'concept-map' })).toEqual([
      '/group/0/element/0/target/0/equivalence: is not of FHIR R4',
      '/group/0/element/0/target/1/code: is missing',
    ]);
    expect(await refusals('{}', { as: 'concept-map' })).not.toEqual([]);
    expect(await refusals('nothing', { as: 'concept-map' })).toContain('/: is no JSON');
  });

  test('written of any code map is that code map again', async () => {
    await fc.assert(
      fc.asyncProperty(anyOpenDocument, async (document) => {
        const again = await loaded(JSON.stringify(conceptMapOf(document)), {
          as: 'concept-map',
          name: document.name,
          version: undefined,
        });
        const { provenance } = document;
        expect(codeMapText({ ...again, provenance })).toBe(codeMapText(document));
      }),
      { numRuns: 300 },
    );
  });
});

describe('a document of a code map', () => {
  test('has one text, which is read as the same document', () => {
    fc.assert(
      fc.property(anyDocument, (document) => {
        const read = parseCodeMap(codeMapText(document));
        expect(read.ok && codeMapText(read.value)).toBe(codeMapText(document));
      }),
    );
  });

  test('is refused where it says what nobody knows', () => {
    expect(parseCodeMap('{"name": "x"')).toMatchObject({ ok: false });
    expect(parseCodeMap('{"name": "x", "surprise": 1}')).toMatchObject({ ok: false });
  });

  test('comes of no garbage whatsoever, and nothing throws', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...CODE_MAP_FORMS), fc.uint8Array({ maxLength: 400 }), async (as, bytes) => {
        const outcome = await loadCodeMap(item(Buffer.from(bytes), 5), { as, name: 'x', source: 'x' });
        if (outcome.ok) expect(parseCodeMap(codeMapText(outcome.value)).ok).toBe(true);
        else for (const { code } of outcome.refusals) expect(code).toBe('CODE_MAP_INVALID');
      }),
      { numRuns: 300 },
    );
  });

  test('names the file by the digest of all its bytes, however they end', async () => {
    const text = 'code,target\nA,1\n\n\n';
    const { provenance } = await loaded(text, { as: 'csv', from: 'urn:a', to: 'urn:b' });
    expect(provenance.sha256).toBe(sha256(text));
  });
});

(SAMPLES === undefined ? describe.skip : describe)('the real tables', () => {
  const open = (name: string, options: Partial<LoadOptions> & Pick<LoadOptions, 'as'>) =>
    loadCodeMap(createReadStream(`${SAMPLES}/terminology/${name}`), { name: 'real', source: name, ...options });

  test('of CMS hold every code of both directions', async () => {
    const there = await open('gems-2018/2018_I9gem.txt', { ...gems, version: '2018' });
    expect(there.ok && Object.keys(there.value.codes)).toHaveLength(14_567);
    expect(there.ok && Object.values(there.value.codes).flatMap(({ targets }) => targets)).toHaveLength(24_860);
  });

  test('of the CDC hold every vaccine', async () => {
    const outcome = await open('cvx/cvx.txt', { as: 'cvx' });
    expect(outcome.ok && Object.keys(outcome.value.codes)).toHaveLength(279);
  });

  test('of HL7 are read wherever they lead from a code to a code', async () => {
    const files = globSync(`${SAMPLES}/terminology/v2-to-fhir-conceptmaps/*.csv`);
    let read = 0;
    for (const path of files) {
      const outcome = await loadCodeMap(createReadStream(path), {
        as: 'v2-to-fhir',
        name: 'x',
        version: '1',
        source: 'x',
      });
      if (outcome.ok) read++;
      else expect(outcome.refusals.map(({ message }) => message).join()).toMatch(/holds no source code|to: is missing/);
    }
    expect([files.length, read]).toEqual([99, 76]);
  });
});
