/** One encounter note, three homes: its text, its rich text and its attachment, each with its author and its times. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseLineage } from '../../../records/lineage/parse.ts';
import { shippedLibraries } from '../../../records/maps/shipped.ts';
import { codesOf, compiled, mapped } from '../item.ts';

const RTF = '{\\rtf1\\ansi Chest pain.\\par Afebrile.}';
const SCAN = Buffer.from('%PDF-1.4 an ECG').toString('base64');
const NOTE = [
  'MSH|^~\\&|A|B|C|D|20250102030405-0500||MDM^T02|7|P|2.5.1',
  'PID|1||m1^^^A^MR',
  'TXA|1|CN|TX|20241231231500-0500|a9^Roe|20250101000100-0500||||||doc-1|||||AU',
  `OBX|1|FT|NOTE||${RTF.replaceAll('\\', '\\E\\')}||||||F`,
  `OBX|2|ED|ECG||^AP^PDF^Base64^${SCAN}||||||F`,
].join('\r');

const author = { do: 'reference', type: 'Practitioner', key: 'prac:{TXA-5.1}', to: 'author[0]' };
const written = { do: 'date', shapes: ['hl7'], as: 'instant', from: 'TXA-4', to: 'date' };
const status = { do: 'constant', value: 'current', to: 'status' };
const typed = (value: string) => ({ do: 'constant', value, to: 'content[0].attachment.contentType' });
const records = [
  {
    type: 'DocumentReference',
    forEach: 'OBX',
    when: [{ from: 'OBX-2', in: ['FT'] }],
    key: 'doc:{TXA-12.1}:text',
    rules: [
      status,
      author,
      written,
      { do: 'text', from: 'OBX-5', to: 'description', original: 'content[0].attachment' },
      { do: 'date', shapes: ['hl7'], as: 'dateTime', from: 'TXA-6', to: 'context.period.start' },
    ],
  },
  {
    type: 'DocumentReference',
    forEach: 'OBX',
    when: [{ from: 'OBX-2', in: ['ED'] }],
    key: 'doc:{TXA-12.1}:{OBX-1}',
    rules: [
      status,
      author,
      written,
      typed('application/pdf'),
      { do: 'base64', from: 'OBX-5.5', encoding: 'OBX-5.4', to: 'content[0].attachment.data' },
      { do: 'template', template: 'DocumentReference/doc:{TXA-12.1}:text', to: 'relatesTo[0].target.display' },
      { do: 'constant', value: 'appends', to: 'relatesTo[0].code' },
    ],
  },
];
const head = { name: 'note', version: '1.0.0', format: 'hl7v2', messages: ['MDM^T02'], critical: [], records };
const mapOf = (parts: object) => JSON.stringify({ ...head, ...parts });

describe('one encounter note', () => {
  test('becomes text, rich text as it was, and an attachment; all say who wrote it and when', async () => {
    const map = mapOf({ preserves: { timestamps: ['TXA-4', 'TXA-6'], authorship: ['TXA-5'] } });
    const made = await mapped(compiled(map), NOTE);
    expect(codesOf(made)).toEqual([]);
    expect(made.map(({ key }) => key)).toEqual(['doc:doc-1:text', 'doc:doc-1:2']);
    const [note, scan] = made.map(({ resource }) => resource);
    for (const each of [note, scan])
      expect(each).toMatchObject({
        date: '2024-12-31T23:15:00-05:00',
        author: [{ type: 'Practitioner', identifier: { value: 'prac:a9' } }],
      });
    expect(note).toMatchObject({
      description: 'Chest pain.\nAfebrile.',
      content: [{ attachment: { contentType: 'application/rtf', data: Buffer.from(RTF).toString('base64') } }],
      context: { period: { start: '2025-01-01T00:01:00-05:00' } },
    });
    expect(scan).toMatchObject({ content: [{ attachment: { contentType: 'application/pdf', data: SCAN } }] });
  });

  test.each([
    ['timestamps', 'TXA-7'],
    ['authorship', 'TXA-9'],
  ])('is refused when one of the %s that a map promises to keep goes nowhere, until it is excluded', (kind, path) => {
    const promise = { preserves: { timestamps: [], authorship: [], [kind]: [path] } };
    expect(parseLineage(mapOf(promise), shippedLibraries())).toMatchObject({
      ok: false,
      refusals: [{ field: ['preserves', kind, '0'] }],
    });
    const exclusions = [{ from: path, reason: 'the transcription service is not part of the record' }];
    expect(parseLineage(mapOf({ ...promise, exclusions }), shippedLibraries())).toMatchObject({ ok: true });
  });
});

describe('neighbours taken together', () => {
  const lines = { do: 'base64', to: 'attachment.data', from: 'OBX-5', encoding: 'OBX-2', repeats: '\n' };
  const title = { do: 'trim', to: 'attachment.title', from: 'OBX-3.1' };
  const each = { do: 'each', to: 'content', forEach: 'OBX', together: ['OBX-2', 'OBX-3'], rules: [lines, title] };
  const document = (rule: object) =>
    mapOf({ records: [{ type: 'DocumentReference', forEach: 'TXA', key: 'doc:{TXA-12.1}', rules: [status, rule] }] });

  test('make one element of each run of one name, in their order and without losing a line', async () => {
    const lineage = compiled(document(each));
    const line = fc.record({ name: fc.constantFrom('A', 'B'), text: fc.stringMatching(/^[a-z]{1,5}( [a-z]{0,5})?$/) });
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 12 }), async (written) => {
        const segments = written.map(({ name, text }, at) => `OBX|${at + 1}|TX|${name}||${text}||||||F`);
        const [made] = await mapped(
          lineage,
          [...NOTE.slice(0, NOTE.indexOf('OBX')).trimEnd().split('\r'), ...segments].join('\r'),
        );
        const parts = (made?.resource as { content: { attachment: { data: string; title: string } }[] }).content;
        const said = parts.flatMap(({ attachment: { data, title: name } }) =>
          Buffer.from(data, 'base64')
            .toString()
            .split('\n')
            .map((text) => ({ name, text })),
        );
        expect(said).toEqual(written);
        const titles = parts.map(({ attachment }) => attachment.title);
        expect(titles.every((name, at) => at === 0 || name !== titles[at - 1])).toBe(true);
      }),
    );
  });

  test('are a problem where they say different things that are not joined', async () => {
    const time = { do: 'trim', to: 'attachment.title', from: 'OBX-14' };
    const lineage = compiled(document({ ...each, rules: [lines, time] }));
    const at = (first: string, second: string) => {
      const head = NOTE.slice(0, NOTE.indexOf('OBX')).trimEnd();
      return mapped(lineage, `${head}\rOBX|1|TX|A||a||||||F|||${first}\rOBX|2|TX|A||b||||||F|||${second}`);
    };
    expect(codesOf(await at('2025', '2024'))).toEqual(['SEGMENT_REPEATED']);
    expect(codesOf(await at('2025', '2025'))).toEqual([]);
    expect(codesOf(await at('', '2025'))).toEqual([]);
  });

  test.each([
    ['a field of another segment', { ...each, together: ['TXA-2'] }, 'together'],
    ['a part of a field', { ...each, together: ['OBX-3.1'] }, 'together'],
    [
      'the repetitions of a field of theirs',
      { ...each, rules: [{ ...each, forEach: 'OBX-8', together: undefined }] },
      'rules',
    ],
  ])('cannot be told by %s', (_what, rule, field) => {
    const parsed = parseLineage(document(rule), shippedLibraries());
    expect(parsed).toMatchObject({ ok: false, refusals: [{ field: ['records', '0', 'rules', '1', field] }] });
  });
});
