import { crc32, deflateSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { WINDOW_BYTES } from '../../../records/document/windows.ts';
import { examine } from '../../../records/examine.ts';
import { item } from '../item.ts';

async function look(path: string, content: string | Uint8Array) {
  const { shape, problems, mediaType } = await examine('document', path, item(content));
  return {
    mediaType,
    pages: shape?.records ?? null,
    problems: problems.map((each) => `${each.category} ${each.code}`),
  };
}

function pdf(padding = 0): Buffer {
  const pages = '2 0 obj <</Type /Page>> endobj\n3 0 obj <</Type/Page>> endobj\n';
  const tree = '1 0 obj <</Type /Pages /Kids [2 0 R 3 0 R] /Count 2>> endobj\n';
  const body = `%PDF-1.4\n${tree}${pages}4 0 obj <</Type /Catalog /Pages 1 0 R>> endobj\n`;
  const start = body.length + padding;
  return Buffer.concat([
    Buffer.from(body),
    Buffer.alloc(padding, 32),
    Buffer.from(`xref\n0 1\ntrailer <</Root 4 0 R>>\nstartxref\n${start}\n%%EOF\n`),
  ]);
}

/** Two pages of one strip each, the directories behind the data. */
function tiff(): Buffer {
  const bytes = Buffer.alloc(8 + 2 * (16 + 30));
  bytes.write('II*\0', 'latin1');
  let link = 4;
  for (const page of [0, 1]) {
    const data = 8 + page * 46;
    const directory = data + 16;
    bytes.writeUInt32LE(directory, link);
    bytes.writeUInt16LE(2, directory);
    for (const [entry, tag, value] of [
      [0, 273, data],
      [1, 279, 16],
    ] as const) {
      const at = directory + 2 + entry * 12;
      bytes.writeUInt16LE(tag, at);
      bytes.writeUInt16LE(4, at + 2);
      bytes.writeUInt32LE(1, at + 4);
      bytes.writeUInt32LE(value, at + 8);
    }
    link = directory + 26;
  }
  return bytes;
}

const JPEG = Buffer.from('ffd8ffe000044a46ffc0000b080001000101011100ffda0004000011ff002233ffd9', 'hex');

/** One pixel. */
function png(): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [size, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    size.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([size, body, sum]);
  };
  const header = chunk('IHDR', Buffer.from('00000001000000010800000000', 'hex'));
  const data = chunk('IDAT', deflateSync(Buffer.from([0, 7])));
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), header, data, chunk('IEND', Buffer.alloc(0))]);
}

describe('examining documents', () => {
  test('recognises them by content and counts pages where that is cheap', async () => {
    expect(await look('a.pdf', pdf())).toEqual({ mediaType: 'application/pdf', pages: 2, problems: [] });
    expect(await look('a.tif', tiff())).toEqual({ mediaType: 'image/tiff', pages: 2, problems: [] });
    expect(await look('a.jpg', JPEG)).toEqual({ mediaType: 'image/jpeg', pages: 1, problems: [] });
    expect(await look('a.png', png())).toEqual({ mediaType: 'image/png', pages: 1, problems: [] });
    expect(await look('no-extension', '{\\rtf1 x}')).toEqual({ mediaType: 'application/rtf', pages: 1, problems: [] });
    expect(await look('a.html', '<!DOCTYPE html><p>x')).toEqual({ mediaType: 'text/html', pages: 1, problems: [] });
    expect(await look('a.txt', 'Note: été')).toEqual({ mediaType: 'text/plain', pages: 1, problems: [] });
  });

  test('names documents that are empty or cut off', async () => {
    expect(await look('a.pdf', '')).toMatchObject({ problems: ['unreadable EMPTY'], pages: null });
    expect(await look('a.pdf', pdf().subarray(0, -8))).toMatchObject({ problems: ['unreadable PDF_TRUNCATED'] });
    const moved = Buffer.from(
      pdf()
        .toString('latin1')
        .replace(/startxref\n\d+/, 'startxref\n3'),
    );
    expect(await look('a.pdf', moved)).toMatchObject({ problems: ['unreadable PDF_XREF_INVALID'] });
    expect(await look('a.tif', tiff().subarray(0, 60))).toMatchObject({
      problems: ['unreadable TIFF_DIRECTORY_INVALID'],
    });
    expect(await look('a.jpg', JPEG.subarray(0, -2))).toMatchObject({ problems: ['unreadable JPEG_TRUNCATED'] });
    expect(await look('a.rtf', '{\\rtf1 {x}')).toMatchObject({ problems: ['unreadable RTF_TRUNCATED'] });
    expect(await look('a.zip', 'PK\x03\x04 cut')).toMatchObject({ problems: ['unreadable ARCHIVE_UNREADABLE'] });
  });

  test('is not deceived by the end mark of a preview inside a picture', async () => {
    const preview = Buffer.from('ffe1000aaaaaffd8ffd9bbbb', 'hex');
    const cut = Buffer.concat([JPEG.subarray(0, 2), preview, JPEG.subarray(2, -2)]);
    expect(await look('a.jpg', cut)).toMatchObject({ problems: ['unreadable JPEG_TRUNCATED'] });
  });

  test('names strips that lead out of a TIFF and chains that never end', async () => {
    const long = tiff();
    long.writeUInt32LE(1_000_000, 8 + 16 + 2 + 12 + 8);
    expect(await look('a.tif', long)).toMatchObject({ problems: ['unreadable TIFF_TRUNCATED'] });
    const round = tiff();
    round.writeUInt32LE(round.readUInt32LE(4), 8 + 16 + 26);
    expect(await look('a.tif', round)).toMatchObject({ problems: ['unreadable TIFF_DIRECTORY_INVALID'] });
  });

  test('names an extension that does not match the content', async () => {
    expect(await look('a.pdf', tiff())).toMatchObject({
      problems: ['schema-invalid WRONG_EXTENSION'],
      mediaType: 'image/tiff',
    });
    expect(await look('scan.TIF', pdf())).toMatchObject({ problems: ['schema-invalid WRONG_EXTENSION'] });
    expect(await look('a.pdf', '\0\x01\x02')).toMatchObject({ problems: ['schema-invalid WRONG_EXTENSION'] });
  });

  test('names pictures whose bytes were changed, or that hold no picture', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(png().length - 9), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const changed = png();
        changed[8 + at] = (changed[8 + at] ?? 0) ^ change;
        const { problems } = await look('a.png', changed);
        expect(['unreadable PNG_DAMAGED', 'unreadable PNG_TRUNCATED']).toContain(problems[0]);
      }),
    );
    const noFrame = Buffer.from('ffd8ffe000044a46ffd9', 'hex');
    expect(await look('a.jpg', noFrame)).toMatchObject({ problems: ['unreadable JPEG_NO_IMAGE'] });
  });

  test('follows the newest catalog of a PDF to its pages, through compressed objects too', async () => {
    const packed = deflateSync(
      Buffer.from('1 0 4 33 <</Type/Pages/Kids[2 0 R]/Count 7>> <</Type/Catalog/Pages 1 0 R>>'),
    );
    const head = `%PDF-1.5\n5 0 obj <</Type/ObjStm/N 2/First 9/Filter/FlateDecode/Length ${packed.length}>>\nstream\n`;
    const objects = Buffer.concat([Buffer.from(head), packed, Buffer.from('\nendstream endobj\n')]);
    const rows = (root: string) =>
      Buffer.from(`6 0 obj <</Type/XRef ${root}>>\nstream\nx\nendstream\nstartxref\n${objects.length}\n%%EOF`);
    const whole = Buffer.concat([objects, rows('/Root 4 0 R')]);
    expect(await look('a.pdf', whole)).toEqual({ mediaType: 'application/pdf', pages: 7, problems: [] });
    const update = '\n1 0 obj <</Type/Pages/Kids[2 0 R]/Count 8>> endobj\n';
    const updated = Buffer.concat([whole, Buffer.from(update), rows('/Root 4 0 R /Prev 9')]);
    expect(await look('a.pdf', updated)).toMatchObject({ pages: 8, problems: [] });
    const lost = Buffer.concat([objects, rows('/Root 9 0 R')]);
    expect(await look('a.pdf', lost)).toMatchObject({ problems: ['unreadable PDF_PAGES_MISSING'], pages: null });
    const locked = Buffer.concat([objects, rows('/Root 4 0 R /Encrypt 8 0 R')]);
    expect(await look('a.pdf', locked)).toMatchObject({ problems: ['content-implausible PDF_ENCRYPTED'], pages: 1 });
  });

  test('names pages of HTML that stop in the middle, or are not in their character set', async () => {
    const page = '<html><head><meta charset="utf-8"></head><body><p>été</p></body></html>';
    expect(await look('a.html', page)).toMatchObject({ problems: [] });
    for (const cut of [page.slice(0, -3), page.slice(0, -16), `${page}<!-- `]) {
      expect(await look('a.html', cut)).toMatchObject({ problems: ['unreadable HTML_TRUNCATED'] });
    }
    expect(await look('a.html', Buffer.from(page, 'latin1'))).toMatchObject({
      problems: ['schema-invalid CHARSET_MISMATCH'],
    });
    expect(await look('a.html', page.replace('utf-8', 'x-unheard-of'))).toMatchObject({
      problems: ['schema-invalid CHARSET_MISMATCH'],
    });
  });

  test('passes over what RTF embeds as bytes', async () => {
    expect(await look('a.rtf', '{\\rtf1 {\\pict\\bin3 }}}}}')).toMatchObject({ problems: [] });
    expect(await look('a.rtf', '{\\rtf1 \\b{\\pict\\bin3 }}}}')).toMatchObject({
      problems: ['unreadable RTF_TRUNCATED'],
    });
  });

  test('holds only the two ends of a large file', async () => {
    const large = await look('a.pdf', pdf(3 * WINDOW_BYTES));
    expect(large).toEqual({ mediaType: 'application/pdf', pages: 1, problems: [] });
    const cut = pdf(3 * WINDOW_BYTES).subarray(0, -8);
    expect(await look('a.pdf', cut)).toMatchObject({ problems: ['unreadable PDF_TRUNCATED'] });
  });
});
