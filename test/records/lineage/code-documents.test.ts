/** Code maps that are documents of their own: named by digest, and asked for one answer or none; never a guess. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sha256 } from '../../../kernel/digest.ts';
import { codeMapText, type CodeMapDocument } from '../../../records/code-set/document.ts';
import { compileDocument } from '../../../records/code-set/translate.ts';
import { handCodeMap, withHanded, type HandedCodeMap } from '../../../records/lineage/code-documents.ts';
import { compileLineage } from '../../../records/lineage/compile.ts';
import { acceptLineage, flattenLineage, parseLineage } from '../../../records/lineage/parse.ts';
import { readSealedLineage } from '../../../records/lineage/sealed.ts';
import { anyOpenDocument, ICD_10, ICD_9 } from '../code-set/documents.ts';
import { mapped } from '../item.ts';

const DOCUMENT: CodeMapDocument = {
  name: 'diagnoses',
  version: '2018',
  from: { system: ICD_9, name: 'ICD-9-CM' },
  to: { system: ICD_10, name: 'ICD-10-CM' },
  provenance: { source: 'x', sha256: '0'.repeat(64), loadedWith: 'gems 1' },
  codes: {
    same: { targets: [{ code: 'A', display: 'shown', equivalence: 'equivalent' }] },
    nearly: { targets: [{ code: 'B', equivalence: 'relatedto' }] },
    nothing: { targets: [{ equivalence: 'unmatched' }] },
    several: {
      targets: [
        { code: 'C', equivalence: 'equal' },
        { code: 'D', equivalence: 'equal' },
      ],
    },
    both: {
      targets: [
        { code: 'E', equivalence: 'equal', scenario: 1, choice: 1 },
        { code: 'F', equivalence: 'equal', scenario: 1, choice: 2 },
      ],
    },
    elsewhere: { targets: [{ code: 'G', equivalence: 'equal', system: 'urn:other' }] },
  },
};

function handed(document: CodeMapDocument): HandedCodeMap {
  const outcome = handCodeMap(codeMapText(document));
  if (!outcome.ok) throw new Error(outcome.refusals.map(({ message }) => message).join('\n'));
  return outcome.value;
}

const HANDED = [handed(DOCUMENT)];
const DIGEST = sha256(codeMapText(DOCUMENT));

const rule = (part: string, map = 'dx', place = 0) => ({
  do: 'code',
  to: `code.coding[${place}].${part}`,
  from: 'DX',
  map,
  part,
});

function mapText(
  reference: object,
  rules: readonly object[] = [rule('code'), rule('system'), rule('display')],
): string {
  return JSON.stringify(
    {
      name: 'm',
      version: '1.0.0',
      format: 'delimited',
      critical: [],
      codeMaps: { dx: { document: 'diagnoses@2018', ...reference } },
      records: [{ type: 'Basic', key: 'k:{row.n}', rules }],
    },
    undefined,
    1,
  );
}

async function translated(code: string, reference: object = {}, documents = HANDED, text = mapText(reference)) {
  const accepted = acceptLineage(text, new Map(), documents);
  if (!accepted.ok) throw new Error(accepted.refusals.map(({ message }) => message).join('\n'));
  const [record] = await mapped(compileLineage(withHanded(accepted.value, documents)), `DX\n"${code}"\n`);
  const { code: concept } = record?.resource as { readonly code?: { readonly coding: readonly object[] } };
  const problems = new Set(record?.problems.map((each) => `${each.category} ${each.code} ${each.position}`));
  return { coding: concept?.coding, problems: [...problems] };
}

describe('a code that a document translates', () => {
  test('comes with its display and always with the system of the translation', async () => {
    expect(await translated('same')).toEqual({
      coding: [{ code: 'A', system: ICD_10, display: 'shown' }],
      problems: [],
    });
    expect(await translated('elsewhere')).toMatchObject({ coding: [{ code: 'G', system: 'urn:other' }] });
  });

  test('without one exact answer is a problem in its place, unless the map says how', async () => {
    const problem = (code: string) => ({
      coding: undefined,
      problems: [`code-translation-mismatch ${code} line 2 column DX`],
    });
    expect(await translated('unheard')).toEqual(problem('CODE_UNMAPPED'));
    expect(await translated('nothing')).toEqual(problem('CODE_NO_MAP'));
    expect(await translated('several')).toEqual(problem('CODE_AMBIGUOUS'));
    expect(await translated('both')).toEqual(problem('CODE_AMBIGUOUS'));
    expect(await translated('nearly')).toEqual(problem('CODE_TOO_APPROXIMATE'));
    expect(await translated('nearly', { minimum: 'approximate' })).toMatchObject({ coding: [{ code: 'B' }] });
    expect(await translated('nothing', { onNoMap: 'nothing' })).toEqual({ coding: undefined, problems: [] });
    expect(await translated('several', { choices: { several: 'D' } })).toMatchObject({ coding: [{ code: 'D' }] });
  });

  test('of several parts is written whole: each part by a choice of its own', async () => {
    const part = (choice: number) => ({ document: 'diagnoses@2018', choose: { scenario: 1, choice, of: 2 } });
    const rules = ['first', 'second'].flatMap((name, at) => [rule('code', name, at), rule('system', name, at)]);
    const map = JSON.parse(mapText({}, rules)) as Record<string, unknown>;
    const text = JSON.stringify({ ...map, codeMaps: { first: part(1), second: part(2) } });
    expect(await translated('both', {}, HANDED, text)).toMatchObject({ coding: [{ code: 'E' }, { code: 'F' }] });
    expect(await translated('same', {}, HANDED, text)).toMatchObject({ coding: [{ code: 'A' }] });
  });

  test('is never one that the document does not have for it, whatever the document', async () => {
    const minimum = fc.constantFrom('exact' as const, 'approximate' as const);
    await fc.assert(
      fc.asyncProperty(anyOpenDocument, minimum, fc.nat(), async (document, least, at) => {
        const codes = [...Object.keys(document.codes), 'unheard'];
        const code = codes[at % codes.length] ?? 'unheard';
        const documents = [handed(document)];
        const reference = { document: `sha256:${documents[0]?.digest}`, minimum: least };
        const { coding, problems } = await translated(code, reference, documents);
        const found = compileDocument(document, { minimum: least })(code);
        if (found.kind === 'found') expect(coding).toMatchObject([{ code: found.code, system: found.system }]);
        else expect({ coding, problems: problems.length }).toEqual({ coding: undefined, problems: 1 });
      }),
      { numRuns: 60 },
    );
  });
});

describe('a map that names documents', () => {
  const refusals = (reference: object, documents: readonly HandedCodeMap[] = HANDED, rules?: readonly object[]) => {
    const accepted = acceptLineage(mapText(reference, rules), new Map(), documents);
    return accepted.ok ? [] : accepted.refusals.map(({ code, message, remedy }) => `${code} ${message}; ${remedy}`);
  };

  test('is refused by line where one was not handed in, or is another one than it names', () => {
    expect(refusals({ document: 'diagnosis@2018' })).toEqual([
      expect.stringMatching(/^CODE_MAP_MISSING line \d+: .*handed in: diagnoses@2018; perhaps diagnoses@2018/),
    ]);
    expect(refusals({}, [])).toEqual([expect.stringContaining('hand it in: codeMaps in the plan')]);
    expect(refusals({ document: `sha256:${'0'.repeat(64)}` })).toEqual([expect.stringContaining('CODE_MAP_MISSING')]);
    expect(refusals({ document: `sha256:${DIGEST}`, named: 'diagnoses@2017' })).toEqual([
      expect.stringMatching(/^CODE_MAP_CHANGED line \d+/),
    ]);
    const twin = handed({ ...DOCUMENT, codes: {} });
    expect(refusals({}, [...HANDED, twin])).toEqual([expect.stringContaining('CODE_MAP_AMBIGUOUS')]);
    expect(refusals({ minimum: 'some' })).toEqual([
      expect.stringMatching(/^LINEAGE_INVALID line \d+: codeMaps\.dx\.m/),
    ]);
  });

  test('is refused where a code would be written without its system', () => {
    expect(refusals({}, HANDED, [rule('code')])).toEqual([
      expect.stringContaining('leaves Basic.code.coding[0] without system'),
    ]);
  });

  test('is sealed with their digests, without their codes, and read back with the documents beside it', async () => {
    const flat = flattenLineage(mapText({}), new Map(), HANDED);
    if (!flat.ok) throw new Error('refused');
    expect(flat.value).toContain(`sha256:${DIGEST}`);
    expect(flat.value).toContain('named: diagnoses@2018');
    expect(flat.value).not.toContain('elsewhere');
    expect(flattenLineage(flat.value, new Map(), HANDED)).toEqual(flat);
    expect(parseLineage(flat.value)).toMatchObject({ ok: true });
    const room = new Map([
      ['map', flat.value],
      [DIGEST, codeMapText(DOCUMENT)],
    ]);
    const sealed = await readSealedLineage('map', async (digest) => Buffer.from(room.get(digest) ?? ''));
    if (!sealed.ok) throw new Error('refused');
    const [record] = await mapped(compileLineage(sealed.value), 'DX\nsame\n');
    expect(record?.resource).toMatchObject({ code: { coding: [{ code: 'A', system: ICD_10, display: 'shown' }] } });
  });
});
