import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { heldArchive } from '../../../records/archive/bytes.ts';
import { ARCHIVE_CODEC } from '../../../records/archive/codec.ts';
import { ARCHIVE_LIMITS, type ArchiveLimits } from '../../../records/archive/limits.ts';
import { readArchive } from '../../../records/archive/read.ts';
import { examine } from '../../../records/examine.ts';
import { lookInside } from '../../../records/hidden/look-inside.ts';
import { item } from '../item.ts';
import { rewritten } from '../rewritten.ts';
import { zip } from './zip.ts';

const MESSAGE = 'MSH|^~\\&|LAB|A||B|20250102||ORU^R01|42|P|2.5.1\rOBX|1|ED|||^AP^PDF^Base64^JVBERi0=\r';
const WHOLE = 'MSH|^~\\&|LAB|A||B|20250102||ADT^A01|42|P|2.5.1\rEVN||20250102\rPID|1||7||A^B\rPV1|1|I\r';
const PATIENT = '{"resourceType":"Patient","id":"p"}';

/** Every member by position and kind, and every problem by code and position. */
async function read(bytes: Buffer, limits: Partial<ArchiveLimits> = {}) {
  const members: string[] = [];
  const problems: string[] = [];
  for await (const each of readArchive(heldArchive(bytes), { limits: { ...ARCHIVE_LIMITS, ...limits } })) {
    if (each.kind === 'member') members.push(`${each.position} ${each.contentKind}`);
    else problems.push(`${each.problem.code} ${each.problem.position}`);
    expect(JSON.stringify(each.kind === 'problem' ? each : {})).not.toContain('smith');
  }
  return { members, problems };
}

describe('reading archives', () => {
  const inner = zip([
    { name: 'smith.json', content: PATIENT },
    { name: 'a/', content: '', stored: true },
  ]);
  const outer = zip([
    { name: 'smith.hl7', content: MESSAGE },
    { name: 'inner.zip', content: inner, stored: true },
    { name: 'none.txt', content: '', stored: true },
    { name: 'late.csv', content: 'A,B\n1,2\n' },
  ]);

  test('tells what every member is by its content, those of archives inside it too', async () => {
    expect(await read(outer)).toEqual({
      members: ['entry 1 hl7v2', 'entry 2 zip', 'entry 2 entry 1 fhir-json', 'entry 3 empty', 'entry 4 delimited'],
      problems: [],
    });
  });

  test('goes on behind members that are locked, damaged, misnamed, or packed in another way', async () => {
    const bytes = zip([
      { name: 'smith-1', content: MESSAGE, flags: 1 },
      { name: 'smith-2', content: MESSAGE, crc: 7 },
      { name: 'smith-3', content: MESSAGE, sizeBytes: 9 },
      { name: 'smith-4', content: MESSAGE, sizeBytes: 999 },
      { name: 'smith-5', content: MESSAGE, method: 8, stored: true },
      { name: 'smith-6', content: MESSAGE, method: 93 },
      { name: 'smith-7.pdf', content: MESSAGE },
      { name: 'smith-8', content: PATIENT },
    ]);
    const { members, problems } = await read(bytes);
    expect(members).toHaveLength(8);
    expect(members.at(-1)).toBe('entry 8 fhir-json');
    expect(problems).toEqual([
      'ARCHIVE_ENCRYPTED entry 1',
      'ARCHIVE_UNREADABLE entry 2',
      'ARCHIVE_UNREADABLE entry 3',
      'ARCHIVE_UNREADABLE entry 4',
      'ARCHIVE_UNREADABLE entry 5',
      'ARCHIVE_UNREADABLE entry 6',
      'EXTENSION_DIFFERS entry 7',
    ]);
  });

  test('names paths that lead out, links, and names that come twice', async () => {
    const names = ['/etc/smith', '../smith', 'a/../../smith', 'C:\\smith', 'a\\..\\smith', 'a', 'A', 'a'];
    const entries = names.map((name) => ({ name, content: PATIENT }));
    const { members, problems } = await read(zip([...entries, { name: 'link', content: 'smith', mode: 0o120777 }]));
    expect(members).toHaveLength(9);
    expect(problems).toEqual([
      ...[1, 2, 3, 4, 5].map((at) => `ARCHIVE_PATH_UNSAFE entry ${at}`),
      'ARCHIVE_NAME_REPEATED entry 8',
      'ARCHIVE_PATH_UNSAFE entry 9',
    ]);
  });

  test('stops at bombs: of one member, of many, of a lie about sizes, and of archives inside archives', async () => {
    const zeros = Buffer.alloc(1_000_000);
    const limits = { ratioFromBytes: 500_000, ratioMax: 50 };
    const after = { name: 'after', content: PATIENT };
    expect(await read(zip([{ name: 'a', content: zeros }, after]), limits)).toEqual({
      members: [],
      problems: ['ARCHIVE_EXPANDS_TOO_FAR entry 1'],
    });
    const lie = await read(zip([{ name: 'a', content: zeros, sizeBytes: 99_000 }, after]), limits);
    expect(lie.problems).toEqual(['ARCHIVE_UNREADABLE entry 1']);
    const part = zeros.subarray(0, 100_000);
    const many = zip(Array.from({ length: 50 }, (_, at) => ({ name: `${at}`, content: part })));
    expect((await read(many, limits)).problems).toEqual(['ARCHIVE_EXPANDS_TOO_FAR entry 6']);
    const packed = zip([{ name: 'a', content: zip([{ name: 'b', content: zeros }]) }]);
    expect(await read(packed, limits)).toEqual({
      members: ['entry 1 zip'],
      problems: ['ARCHIVE_EXPANDS_TOO_FAR entry 1 entry 1'],
    });
    expect((await read(zip([{ name: 'a', content: zeros }]), { inflatedBytesMax: 999_999 })).problems).toEqual([
      'TOO_LARGE_TO_LOOK_INTO entry 1',
    ]);
  });

  test('stops at too many entries and too many archives inside archives', async () => {
    const many = zip(Array.from({ length: 11 }, (_, at) => ({ name: `${at}`, content: '' })));
    expect(await read(many, { entriesMax: 10 })).toEqual({ members: [], problems: ['ARCHIVE_EXPANDS_TOO_FAR item'] });
    let deep = zip([{ name: 'a', content: PATIENT }]);
    for (let depth = 0; depth < 5; depth++)
      deep = zip([
        { name: 'a', content: deep },
        { name: 'b', content: PATIENT },
      ]);
    const { members, problems } = await read(deep);
    expect(problems).toEqual(['NESTED_TOO_DEEPLY entry 1 entry 1 entry 1 entry 1']);
    expect(members.at(-1)).toBe('entry 2 fhir-json');
    const large = await read(outer, { heldBytesMax: 10 });
    expect(large.problems).toEqual(['TOO_LARGE_TO_LOOK_INTO entry 2']);
  });

  test('never throws on an archive that was damaged anywhere, and is silent only where nothing was lost', async () => {
    const whole = await read(outer);
    await fc.assert(
      fc.asyncProperty(fc.nat(outer.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const bytes = Buffer.from(outer);
        bytes[at] = (bytes[at] ?? 0) ^ change;
        const found = await read(bytes);
        if (found.problems.length === 0) expect(found.members.length).toBeGreaterThanOrEqual(whole.members.length - 1);
        const cut = await read(outer.subarray(0, at));
        expect(cut.problems.length).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    );
  });

  test('counts what members hide, and takes no member for an item of the source', async () => {
    const { counts, noted, paths } = await lookInside('zip', item(outer, 100));
    expect(counts).toEqual({ 'archive-member': 4, 'nested-archive': 1, attachment: 1 });
    expect(noted).toEqual([{ code: 'RECORDS_IN_ARCHIVE', position: 'entry 1' }]);
    const page = await lookInside('zip', item(zip([{ name: 'i.csv', content: 'ID,FILE\n1,a.tif\n' }])));
    expect(page).toMatchObject({ counts: { 'indexed-page': 1 }, paths: [] });
    expect(paths).toEqual([]);
    const office = [
      { name: '[Content_Types].xml', content: '<Types/>' },
      { name: 'word/document.xml', content: '<a/>' },
    ];
    const written = zip([...office, { name: 'word/media/image1.png', content: 'x' }]);
    expect((await lookInside('zip', item(written))).counts).toEqual({ attachment: 1 });
  });

  test('reads an archive that is too large to be held from wherever its parts stand', async () => {
    const noise = Buffer.alloc(ARCHIVE_LIMITS.heldBytesMax + 1, 7);
    const large = zip([
      { name: 'noise', content: noise, stored: true },
      { name: 'a.hl7', content: MESSAGE },
    ]);
    let readBytes = 0;
    const range = async function* (start: number, end: number) {
      for (let at = start; at < end; at += 65_536) {
        readBytes += 65_536;
        yield large.subarray(at, at + 65_536);
      }
    };
    const { counts } = await lookInside('zip', item(large), { sizeBytes: large.length, range });
    expect(counts).toMatchObject({ 'archive-member': 2, attachment: 1 });
    expect(readBytes).toBeLessThan(large.length * 1.2);
    expect((await lookInside('zip', item(large))).noted).toEqual([
      { code: 'TOO_LARGE_TO_LOOK_INTO', position: 'item' },
    ]);
  });

  test('passes on what its source throws, and nothing else', async () => {
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      throw new Error('the source went away');
    };
    const gone = { sizeBytes: 2 * ARCHIVE_LIMITS.heldBytesMax, range: failing };
    await expect(lookInside('zip', item(outer), gone)).rejects.toThrow('the source went away');
  });
});

describe('examining archives', () => {
  test('counts members as records and says what is wrong inside them, entry by entry', async () => {
    const bytes = zip([
      { name: 'a.hl7', content: `${WHOLE}oops\r` },
      { name: 'b.json', content: '{"resourceType":"Patient"' },
      { name: 'c.zip', content: zip([{ name: 'd.pdf', content: '%PDF-1.4 cut' }]) },
    ]);
    const { shape, problems } = await examine('document', 'x.zip', item(bytes, 77));
    expect(shape).toBeNull();
    expect(problems.map(({ code, position }) => `${code} ${position}`)).toEqual([
      'SEGMENT_MALFORMED entry 1 message 1 segment 5',
      'NOT_JSON entry 2 line 1 byte 25',
      'PDF_TRUNCATED entry 3 entry 1 byte 12',
    ]);
    const good = zip([
      { name: 'a.hl7', content: WHOLE },
      { name: 'b.json', content: PATIENT },
    ]);
    expect(await examine('document', 'x.zip', item(good))).toMatchObject({
      shape: { records: 2, fields: 0 },
      problems: [],
    });
  });

  test('moves archives as they are, byte for byte, whatever is wrong with them', async () => {
    const bytes = zip([{ name: '../a', content: MESSAGE, crc: 7 }]);
    const { written, tiled, problems } = await rewritten(ARCHIVE_CODEC, bytes, 50);
    expect(written).toEqual(bytes);
    expect(tiled).toEqual(bytes);
    expect(problems.map(({ code }) => code)).toEqual(['ARCHIVE_PATH_UNSAFE', 'ARCHIVE_UNREADABLE']);
  });
});
