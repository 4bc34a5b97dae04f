import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DICOM_DEPTH_MAX } from '../../../records/document/dicom-walk.ts';
import { examine } from '../../../records/examine.ts';
import { SAMPLES } from '../../support/samples.ts';
import { item } from '../item.ts';

const EXPLICIT = '1.2.840.10008.1.2.1';
const IMPLICIT = '1.2.840.10008.1.2';
const BIG = '1.2.840.10008.1.2.2';
const DEFLATED = '1.2.840.10008.1.2.1.99';
const JPEG = '1.2.840.10008.1.2.4.50';
const PATIENT = 'SECRET-77';

/** Where elements are written: a transfer syntax as PS3.5 annex A encodes it. */
class Writer {
  readonly isBig: boolean;
  readonly isExplicit: boolean;

  constructor(syntax: string) {
    this.isBig = syntax === BIG;
    this.isExplicit = syntax !== IMPLICIT;
  }

  tag(tag: number): Buffer {
    return Buffer.concat([this.u16(Math.floor(tag / 0x10000)), this.u16(tag % 0x10000)]);
  }

  u16(value: number): Buffer {
    const bytes = Buffer.alloc(2);
    if (this.isBig) bytes.writeUInt16BE(value);
    else bytes.writeUInt16LE(value);
    return bytes;
  }

  u32(value: number): Buffer {
    const bytes = Buffer.alloc(4);
    if (this.isBig) bytes.writeUInt32BE(value);
    else bytes.writeUInt32LE(value);
    return bytes;
  }

  element(tag: number, vr: string, value: Buffer | string, lengthBytes?: number): Buffer {
    const text = Buffer.from(value as string, 'latin1');
    const bytes = text.length % 2 === 0 ? text : Buffer.concat([text, Buffer.from(' ')]);
    const length = lengthBytes ?? bytes.length;
    if (!this.isExplicit) return Buffer.concat([this.tag(tag), this.u32(length), bytes]);
    const isLong = ['OB', 'OW', 'SQ', 'UN'].includes(vr);
    const size = isLong ? Buffer.concat([Buffer.alloc(2), this.u32(length)]) : this.u16(length);
    return Buffer.concat([this.tag(tag), Buffer.from(vr), size, bytes]);
  }

  /** A sequence of one item, both ended by delimiters. */
  open(tag: number, vr: string, inside: Buffer): Buffer {
    const parts = [this.tag(0xfffee000), this.u32(0xffffffff), inside, this.tag(0xfffee00d), this.u32(0)];
    const body = Buffer.concat([...parts, this.tag(0xfffee0dd), this.u32(0)]);
    return this.element(tag, vr, body, 0xffffffff);
  }
}

function meta(syntax: string, sopInstance = '1.2.3'): Buffer {
  const writer = new Writer(EXPLICIT);
  const elements = [
    writer.element(0x00020002, 'UI', '1.2.840.10008.5.1.4.1.1.4'),
    writer.element(0x00020003, 'UI', sopInstance),
    ...(syntax === '' ? [] : [writer.element(0x00020010, 'UI', syntax)]),
  ];
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), ...elements]);
}

interface Image {
  readonly pixels?: Buffer;
  readonly frames?: string;
  readonly sequence?: (writer: Writer) => Buffer;
}

function image(syntax: string, { pixels = Buffer.alloc(12), frames = '2', sequence }: Image = {}): Buffer {
  const writer = new Writer(syntax);
  const body = Buffer.concat([
    writer.element(0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.4'),
    writer.element(0x00080018, 'UI', '1.2.3'),
    ...(sequence === undefined ? [] : [sequence(writer)]),
    writer.element(0x00100020, 'LO', PATIENT),
    writer.element(0x00280008, 'IS', frames),
    writer.element(0x00280010, 'US', writer.u16(2)),
    writer.element(0x00280011, 'US', writer.u16(3)),
    writer.element(0x00280100, 'US', writer.u16(8)),
    syntax === JPEG
      ? writer.element(0x7fe00010, 'OB', fragments(writer, pixels), 0xffffffff)
      : writer.element(0x7fe00010, 'OB', pixels),
  ]);
  return Buffer.concat([meta(syntax), syntax === DEFLATED ? deflateRawSync(body) : body]);
}

function fragments(writer: Writer, pixels: Buffer): Buffer {
  const fragment = (bytes: Buffer) => [writer.tag(0xfffee000), writer.u32(bytes.length), bytes];
  const parts = [...fragment(Buffer.alloc(0)), ...fragment(pixels)];
  return Buffer.concat([...parts, writer.tag(0xfffee0dd), writer.u32(0)]);
}

async function look(bytes: Buffer) {
  const { shape, problems, mediaType } = await examine('document', 'a.dcm', item(bytes, 50));
  expect(mediaType).toBe('application/dicom');
  expect(JSON.stringify(problems)).not.toContain(PATIENT);
  return { frames: shape?.records ?? null, problems: problems.map(({ code, position }) => `${code} ${position}`) };
}

describe('examining DICOM', () => {
  test('walks every encoding to its end and counts frames', async () => {
    for (const syntax of [EXPLICIT, IMPLICIT, BIG, DEFLATED, JPEG]) {
      expect(await look(image(syntax))).toEqual({ frames: 2, problems: [] });
    }
  });

  test('walks sequences of known and unknown length, and those without a representation of their own', async () => {
    const inside = (writer: Writer) => writer.element(0x00081150, 'UI', '1.2');
    const known = (writer: Writer) => {
      const held = inside(writer);
      return writer.element(0x00081140, 'SQ', Buffer.concat([writer.tag(0xfffee000), writer.u32(held.length), held]));
    };
    for (const syntax of [EXPLICIT, IMPLICIT, BIG]) {
      expect(await look(image(syntax, { sequence: known }))).toEqual({ frames: 2, problems: [] });
      const open = (writer: Writer) => writer.open(0x00081140, 'SQ', inside(writer));
      expect(await look(image(syntax, { sequence: open }))).toEqual({ frames: 2, problems: [] });
    }
    const implicit = inside(new Writer(IMPLICIT));
    const unknown = (writer: Writer) => writer.open(0x00081140, 'UN', implicit);
    expect(await look(image(EXPLICIT, { sequence: unknown }))).toEqual({ frames: 2, problems: [] });
  });

  test('names a file that is cut anywhere', async () => {
    const syntaxes = fc.constantFrom(EXPLICIT, IMPLICIT, BIG, DEFLATED, JPEG);
    await fc.assert(
      fc.asyncProperty(
        syntaxes,
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        async (syntax, share) => {
          const whole = image(syntax);
          const { problems } = await look(whole.subarray(0, 133 + Math.floor(share * (whole.length - 133))));
          expect(problems.join()).toMatch(/^DICOM_/);
        },
      ),
    );
    const short = image(EXPLICIT, { pixels: Buffer.alloc(6) });
    expect((await look(short)).problems).toEqual([
      expect.stringMatching(/^DICOM_PIXELS_MISSING byte \d+ \(7FE0,0010\)$/),
    ]);
  });

  test('gives up on what nests without end, and on lengths that lead out of their sequence', async () => {
    const nested = (writer: Writer) => {
      let inside = writer.element(0x00081150, 'UI', '1.2');
      for (let depth = 0; depth < DICOM_DEPTH_MAX; depth++) inside = writer.open(0x00081140, 'SQ', inside);
      return inside;
    };
    expect((await look(image(EXPLICIT, { sequence: nested }))).problems).toMatchObject(
      [/^DICOM_TOO_DEEP/].map(matching),
    );
    const long = (writer: Writer) => {
      const held = writer.element(0x00081150, 'UI', '1.2');
      const wrong = Buffer.concat([writer.tag(0xfffee000), writer.u32(held.length - 2), held]);
      return writer.element(0x00081140, 'SQ', wrong);
    };
    expect((await look(image(EXPLICIT, { sequence: long }))).problems).toMatchObject(
      [/^DICOM_LENGTH_INVALID/].map(matching),
    );
  });

  test('says what is missing of its header and its identity, and never whose it is', async () => {
    expect((await look(Buffer.concat([meta(''), Buffer.alloc(8)]))).problems).toEqual([
      'DICOM_SYNTAX_MISSING byte 132 (0002,0010)',
    ]);
    const odd = image('1.2.3.4').toString('latin1');
    expect((await look(Buffer.from(odd, 'latin1'))).problems).toMatchObject([/^DICOM_SYNTAX_UNKNOWN/].map(matching));
    const other = Buffer.concat([meta(EXPLICIT, '9.9.9'), image(EXPLICIT).subarray(meta(EXPLICIT).length)]);
    expect((await look(other)).problems).toMatchObject(
      [/^DICOM_IDENTITY_DIFFERS byte \d+ \(0008,0018\)/].map(matching),
    );
    const nobody = Buffer.concat([meta(EXPLICIT), new Writer(EXPLICIT).element(0x00080018, 'UI', '1.2.3')]);
    expect((await look(nobody)).problems).toEqual([
      'DICOM_IDENTITY_MISSING byte 0 (0008,0016)',
      'DICOM_PATIENT_MISSING byte 0 (0010,0020)',
    ]);
  });

  (SAMPLES === undefined ? test.skip : test)('opens real files, and notices when they are cut', async () => {
    for (const name of ['CT_small.dcm', 'MR_small.dcm', 'test-SR.dcm']) {
      const bytes = readFileSync(join(SAMPLES ?? '', 'documents/dicom', name));
      expect(await look(bytes)).toEqual({ frames: 1, problems: [] });
      expect((await look(bytes.subarray(0, -3))).problems).toMatchObject([/^DICOM_TRUNCATED/].map(matching));
    }
  });
});

function matching(pattern: RegExp) {
  return expect.stringMatching(pattern);
}
