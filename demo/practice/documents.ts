/** Scanned documents: small but well-formed PDF 1.4 and TIFF 6.0 files, and a C-CDA summary. */
import type { Person } from './people.ts';
import type { Random } from './random.ts';

/** A one-page PDF that says `text`. */
export function pdf(text: string): Buffer {
  const content = `BT /F1 12 Tf 72 720 Td (${text.replace(/[()\\]/g, (each) => `\\${each}`)}) Tj ET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${Buffer.byteLength(content)} >>\nstream\n${content}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  let body = '%PDF-1.4\n';
  const offsets = objects.map((object, at) => {
    const offset = Buffer.byteLength(body);
    body += `${at + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const start = Buffer.byteLength(body);
  const trailer = `trailer << /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`;
  return Buffer.from(`${body}xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}${trailer}`);
}

/** An uncompressed bilevel TIFF, little-endian, with noise for a picture. */
export function tiff(random: Random): Buffer {
  const width = 64;
  const height = 64;
  const pixels = Buffer.from(Array.from({ length: (width / 8) * height }, () => random.integer(0, 255)));
  const entries: readonly (readonly [tag: number, type: 3 | 4, value: number])[] = [
    [256, 3, width],
    [257, 3, height],
    [258, 3, 1],
    [259, 3, 1],
    [262, 3, 0],
    [273, 4, 8],
    [277, 3, 1],
    [278, 3, height],
    [279, 4, pixels.length],
  ];
  const head = Buffer.alloc(8);
  head.write('II');
  head.writeUInt16LE(42, 2);
  head.writeUInt32LE(8 + pixels.length, 4);
  const directory = Buffer.alloc(2 + entries.length * 12 + 4);
  directory.writeUInt16LE(entries.length);
  entries.forEach(([tag, type, value], at) => {
    directory.writeUInt16LE(tag, 2 + at * 12);
    directory.writeUInt16LE(type, 4 + at * 12);
    directory.writeUInt32LE(1, 6 + at * 12);
    directory.writeUInt32LE(value, 10 + at * 12);
  });
  return Buffer.concat([head, pixels, directory]);
}

/** A C-CDA R2.1 continuity of care document with an allergies section, and no information in the others. */
export function continuityOfCare(person: Person, number: number): Buffer {
  const [year, month, day] = person.born.split('-');
  return Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <realmCode code="US"/>
  <typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
  <templateId root="2.16.840.1.113883.10.20.22.1.2" extension="2015-08-01"/>
  <id root="2.16.840.1.113883.19.5.99999.1" extension="CCD${number}"/>
  <code code="34133-9" codeSystem="2.16.840.1.113883.6.1" displayName="Summarization of Episode Note"/>
  <title>Continuity of Care Document</title>
  <effectiveTime value="20260901101500-0400"/>
  <confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/>
  <languageCode code="en-US"/>
  <recordTarget><patientRole>
    <id extension="${person.mrn}" root="2.16.840.1.113883.19.5.99999.2"/>
    <patient>
      <name><given>${escaped(person.first)}</given><family>${escaped(person.last)}</family></name>
      <administrativeGenderCode code="${person.sex}" codeSystem="2.16.840.1.113883.5.1"/>
      <birthTime value="${year}${month}${day}"/>
    </patient>
  </patientRole></recordTarget>
  <component><structuredBody><component><section>
    <templateId root="2.16.840.1.113883.10.20.22.2.6.1" extension="2015-08-01"/>
    <code code="48765-2" codeSystem="2.16.840.1.113883.6.1"/>
    <title>Allergies</title>
    <text><paragraph>See the structured list.</paragraph></text>
  </section></component>${EMPTY_SECTIONS}</structuredBody></component>
</ClinicalDocument>
`);
}

/** What C-CDA R2.1 asks of a continuity of care document beside allergies, each without information. */
const EMPTY_SECTIONS = [
  ['2.16.840.1.113883.10.20.22.2.1.1', '10160-0', 'Medications'],
  ['2.16.840.1.113883.10.20.22.2.5.1', '11450-4', 'Problems'],
  ['2.16.840.1.113883.10.20.22.2.3.1', '30954-2', 'Results'],
  ['2.16.840.1.113883.10.20.22.2.17', '29762-2', 'Social History'],
  ['2.16.840.1.113883.10.20.22.2.4.1', '8716-3', 'Vital Signs'],
]
  .map(
    ([template, code, title]) => `<component><section nullFlavor="NI">
    <templateId root="${template}"/>
    <code code="${code}" codeSystem="2.16.840.1.113883.6.1"/>
    <title>${title}</title>
    <text>No information</text>
  </section></component>`,
  )
  .join('');

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
