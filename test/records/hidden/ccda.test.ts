import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { see } from './seen.ts';

const own = '<id root="1.2" extension="D1"/>';
const document = (inside: string) =>
  `<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3">${own}${inside}</ClinicalDocument>`;
const body = (text: string) => `<component><nonXMLBody>${text}</nonXMLBody></component>`;

test('a body that is not XML is an attachment: held, pointed at, or absent', async () => {
  const held = await see('ccda', document(body('<text mediaType="application/pdf" representation="B64">AAAA</text>')));
  const pointed = await see('ccda', document(body('<text><reference value="scans/a.pdf"/></text>')));
  const absent = await see('ccda', document(body('<text mediaType="application/pdf" representation="B64"> </text>')));
  expect(held.counts).toEqual({ attachment: 1 });
  expect([pointed.counts, pointed.paths]).toEqual([{ 'attachment-pointer': 1 }, ['scans/a.pdf']]);
  expect(absent.counts).toEqual({ 'attachment-without-data': 1 });
  expect(absent.noted).toEqual([{ code: 'ATTACHMENT_WITHOUT_DATA', position: 'line 1' }]);
});

test('observation media count, whatever prefix their elements have', async () => {
  const value = '<x:value representation="B64">AA</x:value>';
  const media = `<x:observationMedia xmlns:x="urn:hl7-org:v3">${value}</x:observationMedia>`;
  expect((await see('ccda', document(media))).counts).toEqual({ attachment: 1 });
});

test('a related document makes a version or an addendum, and names its parent', async () => {
  const parent = '<id root="1.2" extension="D0"/>';
  const related = (type: string) =>
    `<relatedDocument typeCode="${type}"><parentDocument>${parent}</parentDocument></relatedDocument>`;
  const version = await see('ccda', document(`<versionNumber value="2"/>${related('RPLC')}`));
  const addendum = await see('ccda', document(related('APND')));
  expect([version.counts, addendum.counts]).toEqual([{ 'note-version': 1 }, { addendum: 1 }]);
  expect(addendum.links.map(({ kind, side }) => `${kind} ${side}`)).toEqual(['note holds', 'note needs']);
});

test('a later version counts even when it does not say what it replaces, a first one does not', async () => {
  expect((await see('ccda', document('<versionNumber value="3"/>'))).counts).toEqual({ 'note-version': 1 });
  expect((await see('ccda', document('<versionNumber value="1"/>'))).counts).toEqual({});
});

test('what is not well formed, or nests without end, is noted where it breaks', async () => {
  expect((await see('ccda', '<ClinicalDocument><id></ClinicalDocument>')).noted).toEqual([
    { code: 'NOT_WELL_FORMED', position: 'line 1' },
  ]);
  const deep = '<a>'.repeat(5000);
  expect((await see('ccda', deep)).noted).toEqual([{ code: 'NESTED_TOO_DEEPLY', position: 'line 1' }]);
});

test('entities are not followed', async () => {
  const bomb = '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><ClinicalDocument>&c;</ClinicalDocument>';
  expect((await see('ccda', bomb)).noted).toEqual([{ code: 'NOT_WELL_FORMED', position: 'line 1' }]);
});

test('however the bytes are cut, the same is seen', async () => {
  const whole = document(body('<text representation="B64">ÄÖÜ</text>'));
  const expected = await see('ccda', whole);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 120 }), async (size) => {
      expect(await see('ccda', whole, size)).toEqual(expected);
    }),
  );
});

test('no bytes at all make it throw', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      await see('ccda', Buffer.concat([Buffer.from('<ClinicalDocument>'), bytes]));
    }),
  );
});
