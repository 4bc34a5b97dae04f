import { describe, expect, test } from '@jest/globals';
import { classify } from '../../../records/classify.ts';
import { examine } from '../../../records/examine.ts';
import { item } from '../item.ts';

const PATIENT =
  '<recordTarget><patientRole><id root="1.2" extension="7"/><patient>' +
  '<name><given>J</given><family>D</family></name>' +
  '<administrativeGenderCode code="F"/></patient></patientRole></recordTarget>';
const BODY =
  '<component><structuredBody><component>' +
  '<section><title>Allergies</title></section></component></structuredBody></component>';

function document(inner: string): string {
  const root = '<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2.3"/>';
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root}${inner}</ClinicalDocument>`;
}

async function codes(text: string | Uint8Array): Promise<readonly string[]> {
  const { problems } = await examine('ccda', 'a.xml', item(text));
  return problems.map((problem) => `${problem.category} ${problem.code} ${problem.position}`);
}

describe('examining C-CDA', () => {
  test('counts sections and populated fields of a clinical document', async () => {
    const examined = await examine('ccda', 'a.xml', item(document(PATIENT + BODY)));
    expect(examined.problems).toEqual([]);
    expect(examined.mediaType).toBe('application/cda+xml');
    expect(examined.shape?.records).toBe(1);
    expect(examined.shape?.fields).toBeGreaterThan(5);
  });

  test('takes the older C32 for what it is: the same document under other templates', async () => {
    const templates = ['2.16.840.1.113883.3.88.11.32.1', '2.16.840.1.113883.10.20.1'];
    const header = templates.map((root) => `<templateId root="${root}"/>`).join('');
    const section = '<section><templateId root="2.16.840.1.113883.10.20.1.2"/><text>None known</text></section>';
    const body = `<component><structuredBody><component>${section}</component></structuredBody></component>`;
    const text = document(header + PATIENT + body);
    expect(classify(Buffer.from(text))).toBe('ccda');
    const { shape, problems } = await examine('ccda', 'c32.xml', item(text));
    expect(problems).toEqual([]);
    expect(shape?.records).toBe(1);
  });

  test('says on which line the XML is not well-formed', async () => {
    expect(await codes('<ClinicalDocument>\n<id>\n</ClinicalDocument>')).toEqual([
      'unreadable NOT_WELL_FORMED line 3 column 20',
    ]);
    expect(await codes('<a/><b/>')).toEqual(['unreadable NOT_WELL_FORMED line 1 column 8']);
    expect(await codes(document(PATIENT + BODY).slice(0, -30))).toEqual([expect.stringContaining('NOT_WELL_FORMED')]);
  });

  test('never expands entities', async () => {
    const bomb =
      '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>\n' +
      '<ClinicalDocument>&b;</ClinicalDocument>';
    expect(await codes(bomb)).toEqual(['unreadable DOCTYPE_REFUSED line 1']);
  });

  test('wants one identified, named patient, and a body', async () => {
    expect(await codes('<section/>')).toEqual(['schema-invalid NOT_CLINICAL_DOCUMENT /']);
    expect(await codes(document(''))).toEqual([
      'schema-invalid PATIENT_MISSING /ClinicalDocument/recordTarget',
      'schema-invalid BODY_MISSING /ClinicalDocument/component',
    ]);
    const anonymous = PATIENT.replace(/<id[^>]*>/, '')
      .replace(/<name>.*<\/name>/, '')
      .replace('code="F"', 'code="X"');
    expect(await codes(document(anonymous + BODY))).toEqual([
      'schema-invalid PATIENT_ID_MISSING /ClinicalDocument/recordTarget/patientRole/id',
      'schema-invalid PATIENT_NAME_MISSING /ClinicalDocument/recordTarget/patientRole/patient/name',
      'schema-invalid CODE_INVALID /ClinicalDocument/recordTarget/patientRole/patient/administrativeGenderCode',
    ]);
  });

  test('looks into a body that is not XML', async () => {
    const body = (text: string) =>
      document(
        `${PATIENT}<component><nonXMLBody><text mediaType="application/pdf" representation="B64">` +
          `${text}</text></nonXMLBody></component>`,
      );
    expect(await codes(body('JVBE\nRi0='))).toEqual([]);
    expect(await codes(body('JVBER'))).toEqual([expect.stringContaining('BASE64_INVALID')]);
    expect(await codes(body(''))).toEqual([expect.stringContaining('DOCUMENT_MISSING')]);
  });

  test('reads the charset of the XML declaration', async () => {
    const latin = Buffer.from(
      document(PATIENT + BODY)
        .replace('UTF-8', 'ISO-8859-1')
        .replace('J<', 'J\u00e9<'),
      'latin1',
    );
    expect(await codes(latin)).toEqual([]);
    const lying = Buffer.from(document(PATIENT + BODY).replace('J<', 'J\u00e9<'), 'latin1');
    expect(await codes(lying)).toEqual(['schema-invalid CHARSET_MISMATCH line 1']);
  });
});
