import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { see } from './seen.ts';

const json = (...resources: readonly object[]) => resources.map((each) => JSON.stringify(each)).join('\n');
const note = (id: string, attachment: object, more: object = {}) => ({
  resourceType: 'DocumentReference',
  id,
  content: [{ attachment }],
  ...more,
});

test('attachments are counted: held, pointed at, and promised but absent', async () => {
  const { counts, paths, noted } = await see(
    'fhir-ndjson',
    json(
      note('a', { contentType: 'application/pdf', data: 'AAAA' }),
      note('b', { contentType: 'image/tiff', url: 'scans/b.tif' }),
      note('c', { contentType: 'application/pdf', title: 'promised' }),
      { resourceType: 'Patient', photo: [{ url: 'data:image/png;base64,AAAA' }] },
    ),
  );
  expect(counts).toEqual({ attachment: 2, 'attachment-pointer': 1, 'attachment-without-data': 1 });
  expect(paths).toEqual(['scans/b.tif']);
  expect(noted).toEqual([{ code: 'ATTACHMENT_WITHOUT_DATA', position: 'line 3 /content/0/attachment' }]);
});

test('a pointer to a binary and the binary meet by its id, in whatever item it is', async () => {
  const pointer = await see('fhir-json', json(note('a', { url: 'Binary/b1' })));
  const held = await see('fhir-json', json({ resourceType: 'Binary', id: 'b1', data: 'AAAA' }));
  const [needs] = pointer.links.filter(({ kind }) => kind === 'binary');
  const [holds] = held.links.filter(({ kind }) => kind === 'binary');
  expect([needs?.side, holds?.side]).toEqual(['needs', 'holds']);
  expect(needs?.key).toBe(holds?.key);
});

test('a binary in a bundle answers to its full URL', async () => {
  const fullUrl = 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0';
  const entry = [
    { resource: note('a', { url: fullUrl }) },
    { fullUrl, resource: { resourceType: 'Binary', data: 'A' } },
  ];
  const { links } = await see('fhir-json', json({ resourceType: 'Bundle', entry }));
  const binaries = links.filter(({ kind }) => kind === 'binary');
  expect(binaries.map(({ side }) => side).sort()).toEqual(['holds', 'needs']);
  expect(new Set(binaries.map(({ key }) => key)).size).toBe(1);
});

test('versions, addenda, imaging studies and audit entries are counted', async () => {
  const relatesTo = [
    { code: 'replaces', target: { reference: 'DocumentReference/a' } },
    { code: 'appends', target: {} },
  ];
  const { counts } = await see(
    'fhir-ndjson',
    json(note('b', { data: 'A' }, { relatesTo }), { resourceType: 'ImagingStudy' }, { resourceType: 'AuditEvent' }),
  );
  expect(counts).toEqual({ attachment: 1, 'note-version': 1, addendum: 1, 'imaging-reference': 1, 'audit-entry': 1 });
});

test('an extension, a backbone element and a contained pointer are no attachments', async () => {
  const { counts } = await see(
    'fhir-json',
    json({
      resourceType: 'Media',
      content: { url: '#inside' },
      extension: [{ url: 'http://example.invalid/x', valueString: 'y' }],
    }),
  );
  expect(counts).toEqual({});
});

test('a completed order needs a result, and a result says of which order it is', async () => {
  const { links } = await see(
    'fhir-ndjson',
    json(
      { resourceType: 'ServiceRequest', id: 's1', status: 'completed' },
      { resourceType: 'ServiceRequest', id: 's2', status: 'active' },
      { resourceType: 'DiagnosticReport', basedOn: [{ reference: 'ServiceRequest/s1' }] },
    ),
  );
  expect(links.map(({ side }) => side)).toEqual(['needs', 'holds']);
  expect(links[0]?.key).toBe(links[1]?.key);
});

test('lines that are no JSON are noted, and the others are still seen', async () => {
  const { counts, noted } = await see('fhir-ndjson', `${json(note('a', { data: 'A' }))}\n{"broken\n{}`);
  expect(counts).toEqual({ attachment: 1 });
  expect(noted).toEqual([{ code: 'NOT_JSON', position: 'line 2' }]);
});

test('a document over many lines is one resource, and nesting without end is noted', async () => {
  expect((await see('fhir-json', JSON.stringify(note('a', { data: 'A' }), null, 2))).counts).toEqual({ attachment: 1 });
  const deep = `${'{"a":'.repeat(3000)}1${'}'.repeat(3000)}`;
  expect((await see('fhir-json', deep)).noted.map(({ code }) => code)).toEqual(['NESTED_TOO_DEEPLY']);
});

test('no bytes at all make it throw', async () => {
  await fc.assert(
    fc.asyncProperty(fc.json({ maxDepth: 5 }), fc.integer({ min: 0, max: 40 }), async (text, cut) => {
      await see('fhir-json', text.slice(0, text.length - cut));
    }),
  );
});
