/** The shipped map of clinical documents: by pairs of files of our own, and over what others have published. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseJson } from '../../../kernel/canonical-json.ts';
import { checkResource } from '../../../records/fhir/check.ts';
import type { JsonObject } from '../../../records/leaves.ts';
import { compileLineage } from '../../../records/lineage/compile.ts';
import type { LineageMap } from '../../../records/lineage/language.ts';
import type { MappedRecord } from '../../../records/lineage/lineage.ts';
import { blockingLosses, LossMeter, type LossReport } from '../../../records/lineage/loss.ts';
import { parseLineage } from '../../../records/lineage/parse.ts';
import { shippedLibraries, shippedLineages } from '../../../records/maps/shipped.ts';
import { SAMPLES } from '../../support/samples.ts';
import { codesOf, item, mapped } from '../item.ts';

const PAIRS = join(import.meta.dirname, 'ccd-to-fhir');
const HISTORY = readFileSync(join(PAIRS, 'history.xml'), 'utf8');
const CARE = readFileSync(join(PAIRS, 'care.xml'), 'utf8');
const MAP = parsed(readFileSync(shippedLineages().get('ccd-to-fhir') ?? '', 'utf8'));
const ccd = compileLineage(MAP);

function parsed(text: string): LineageMap {
  const read = parseLineage(text, shippedLibraries());
  if (!read.ok) throw new Error('the lineage was refused');
  return read.value;
}

function wrong(records: readonly MappedRecord[]): readonly string[] {
  return records.flatMap(({ type, resource }) =>
    checkResource(resource as JsonObject, { prefix: '', pointer: '' }).map(
      ({ code, field }) => `${type} ${code} ${field}`,
    ),
  );
}

async function lossOf(document: Buffer): Promise<LossReport> {
  const meter = new LossMeter(MAP);
  await meter.add('item', 'item', item(document));
  const report = meter.report();
  expect(blockingLosses(report)).toBe(report.lost.length + report.overwritten.length);
  return report;
}

function refersTo(value: unknown, into: Set<string>): void {
  if (typeof value !== 'object' || value === null) return;
  const { type, identifier } = value as { type?: unknown; identifier?: { value?: unknown } };
  if (typeof type === 'string' && typeof identifier?.value === 'string') into.add(`${type} ${identifier.value}`);
  for (const each of Object.values(value)) refersTo(each, into);
}

/** What is referred to and not made. */
function dangling(records: readonly MappedRecord[]): readonly string[] {
  const made = new Set(records.map(({ type, key }) => `${type} ${key}`));
  const named = new Set<string>();
  for (const { resource } of records) refersTo(resource, named);
  return [...named].filter((each) => !made.has(each));
}

function keysTwice(records: readonly MappedRecord[]): readonly string[] {
  const keys = records.filter(({ problems }) => problems.length === 0).map(({ type, key }) => `${type} ${key}`);
  return keys.filter((key, at) => keys.indexOf(key) !== at);
}

describe('clinical documents to FHIR', () => {
  const names = readdirSync(PAIRS).filter((file) => file.endsWith('.xml'));
  test.each(names)('%s becomes what is expected', async (name) => {
    const records = await mapped(ccd, readFileSync(join(PAIRS, name)));
    expect(codesOf(records)).toEqual([]);
    const expected = parseJson(readFileSync(join(PAIRS, name.replace(/xml$/, 'json')), 'utf8'));
    expect(records.map(({ resource }) => resource)).toEqual(expected);
    expect(wrong(records)).toEqual([]);
    expect(dangling(records)).toEqual([]);
    expect(keysTwice(records)).toEqual([]);
    expect((await lossOf(readFileSync(join(PAIRS, name)))).lost).toEqual([]);
  });

  test('lose what nobody maps by the code of its section, and no exclusion covers more than it says', async () => {
    const extra = '<entry><act><code code="X"/></act></entry></section></component>';
    const at = CARE.replace('</entry>\n    </section></component>', `</entry>${extra}`);
    expect(at).not.toBe(CARE);
    const { lost } = await lossOf(Buffer.from(at));
    expect(lost.map(({ path }) => path)).toEqual([
      expect.stringMatching(/section\[10160-0\]\/entry\/act\/code\/@code$/),
    ]);
  });

  test.each([
    ['CODE_UNMAPPED', 'code="F"', 'code="Q"'],
    ['CODE_UNMAPPED', 'code="24484000"', 'code="1"'],
    [
      'CODE_UNMAPPED',
      'negationInd="true">',
      'negationInd="true"><templateId root="0"/>',
      'code="414285001"',
      'code="2"',
    ],
    ['DATE_INVALID', 'value="2006"', 'value="sometime"'],
    ['RECORD_CONFLICT', '<name>Clinic</name><telecom', '<name>Clinique</name><telecom'],
  ])('stop with %s where guessing would be needed', async (code, ...replaced) => {
    let document = HISTORY;
    for (let at = 0; at < replaced.length; at += 2) {
      document = document.replace(replaced[at] ?? '', replaced[at + 1] ?? '');
    }
    expect(document).not.toBe(HISTORY);
    const records = await mapped(ccd, document);
    expect([...new Set(codesOf(records))]).toEqual([code]);
    expect(records.filter(({ problems }) => problems.length > 0)).toHaveLength(1);
  });

  test.each([
    [
      'NEGATION_UNMAPPED',
      '<observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.27"/>',
      '<observation negationInd="true"><templateId root="2.16.840.1.113883.10.20.22.4.27"/>',
    ],
    ['SEVERAL_VALUES', '<value xsi:type="ST">', '<value xsi:type="ST">a</value><value xsi:type="ST">'],
    ['VALUE_TYPE_UNMAPPED', '<value xsi:type="PQ" value="120"', '<value xsi:type="SLIST_PQ" value="120"'],
    ['NUMBER_INVALID', 'value="13.2"', 'value="high"'],
    ['CODE_UNMAPPED', '<period value="6" unit="h"/>', '<period value="6" unit="fortnight"/>'],
    ['DATE_INVALID', '<effectiveTime value="20111005"/>', '<effectiveTime value="20111305"/>'],
  ])('carry no value they do not understand: %s', async (code, before, after) => {
    const document = CARE.replace(before, after);
    expect(document).not.toBe(CARE);
    const records = await mapped(ccd, document);
    expect([...new Set(codesOf(records))].filter((each) => each !== 'REPETITION_UNMAPPED')).toEqual([code]);
    expect(records.filter(({ problems }) => problems.length > 0)).toHaveLength(1);
  });

  test.each([
    ['REPRESENTATION_MISSING', ' representation="B64"', ''],
    ['ATTACHMENT_INVALID', 'representation="B64">', 'representation="B64">!'],
    ['ATTACHMENT_COMPRESSED', 'representation="B64"', 'representation="B64" compression="DF"'],
  ])('bring no file that is not whole: %s', async (code, before, after) => {
    const file = readFileSync(join(PAIRS, 'file.xml'), 'utf8');
    expect(codesOf(await mapped(ccd, file.replace(before, after)))).toEqual([code]);
  });

  test("about two patients are nobody's", async () => {
    const second = '<recordTarget><patientRole><id root="2.999.2" extension="2"/></patientRole></recordTarget><author>';
    const records = await mapped(ccd, HISTORY.replace('<author>', second));
    const owned = records.filter(({ type }) => !['Practitioner', 'Organization'].includes(type));
    expect(owned.length).toBeGreaterThan(5);
    for (const { problems } of owned) expect(problems.length).toBeGreaterThan(0);
    expect(codesOf(records)).toEqual(expect.arrayContaining(['SEVERAL_PATIENTS', 'PATIENT_KEY_MISSING']));
  });

  test('never make an allergy of a statement that there is none', async () => {
    const records = await mapped(ccd, HISTORY);
    const allergies = records
      .filter(({ type }) => type === 'AllergyIntolerance')
      .map(
        ({ resource }) => resource as unknown as Record<'verificationStatus' | 'code', { coding: [{ code: string }] }>,
      )
      .map(({ verificationStatus, code }) => `${code.coding[0].code} ${verificationStatus.coding[0].code}`);
    expect(allergies).toEqual(['7980 confirmed', '429625007 confirmed', '762952008 refuted']);
  });

  /** Entries of C-CDA, and the same of CCD 1.0, on which C32 is built; an immunization there is a medication too. */
  const OLDER: Readonly<Record<string, string>> = {
    ...{ 1: '32', 2: '31', 3: '27', 4: '28', 7: '18', 8: '55', 14: '29', 16: '24', 26: '35', 27: '31', 31: '38' },
    ...{ 45: '23', 46: '22', 52: '24' },
  };

  function inOldTemplates(document: string): string {
    return document.replaceAll(/2\.16\.840\.1\.113883\.10\.20\.22\.4\.(\d+)"/g, (whole, number: string) => {
      const older = OLDER[number];
      return older === undefined ? whole : `2.16.840.1.113883.10.20.1.${older}"`;
    });
  }

  test.each([
    ['allergies and problems', HISTORY, ['AllergyIntolerance', 'Condition']],
    [
      'medications, immunizations, results, vital signs, procedures and family history',
      CARE,
      ['MedicationStatement', 'Immunization', 'DiagnosticReport', 'Observation', 'Procedure', 'FamilyMemberHistory'],
    ],
  ])('take the older templates of C32 documents too: %s', async (_, document, types) => {
    const older = inOldTemplates(document);
    const [then, now] = [await mapped(ccd, older), await mapped(ccd, document)];
    expect(then).toEqual(now);
    expect(older).not.toBe(document);
    expect(now.map(({ type }) => type)).toEqual(expect.arrayContaining(types));
  });
});

(SAMPLES === undefined ? describe.skip : describe)('published documents', () => {
  const folders = ['hl7-examples/Documents', 'ms-pairs', 'onc'];
  const documents = folders.flatMap((folder) => {
    const at = join(SAMPLES ?? '', 'ccda', folder);
    return readdirSync(at)
      .filter((name) => /\.(?:xml|ccda)$/.test(name) && !name.startsWith('NT_'))
      .map((name) => [name, join(at, name)] as const);
  });

  test.each(documents)('%s becomes good FHIR, one key each, and refers only to what is made', async (_name, path) => {
    const records = await mapped(ccd, readFileSync(path));
    // Two names for one organization in the same document, and a year of five digits, are for a person to settle.
    expect(codesOf(records).filter((code) => !/^(?:RECORD_CONFLICT|DATE_INVALID)$/.test(code))).toEqual([]);
    expect(wrong(records.filter(({ problems }) => problems.length === 0))).toEqual([]);
    expect(dangling(records)).toEqual([]);
    expect(keysTwice(records)).toEqual([]);
  });

  const ccds = [
    'ms-pairs/CCD.ccda',
    'hl7-examples/Documents/CCD.xml',
    'onc/170.315_b1_toc_amb_ccd_r21_sample1_v13.xml',
  ];
  test.each(ccds)('%s loses nothing that no exclusion names with its reason', async (name) => {
    const { lost, overwritten, values } = await lossOf(readFileSync(join(SAMPLES ?? '', 'ccda', name)));
    expect({ lost, overwritten }).toEqual({ lost: [], overwritten: [] });
    expect(values).toBeGreaterThan(500);
  });
});
