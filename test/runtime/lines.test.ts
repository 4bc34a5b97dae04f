/** NDJSON out of bytes in any pieces, and texts into bytes. */
import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { encodedTexts, inPieces, parsedLines, withoutLines } from '../../runtime/lines.ts';
import { temporaryFolders } from '../support/places.ts';

const PAGE_BYTES = 256 * 1024;

describe('lines', () => {
  const fresh = temporaryFolders();

  test('are the UTF-8 of the texts in their order, whatever their lengths', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 50 }),
      fc.integer({ min: 1, max: 300_000 }).map((length) => 'ß'.repeat(length)),
      fc.integer({ min: 1, max: 100_000 }).map((length) => '𝄞'.repeat(length)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(text, { maxLength: 12 }), async (texts) => {
        const pages: Buffer[] = [];
        for await (const page of encodedTexts(texts)) pages.push(Buffer.from(page));
        expect(Buffer.concat(pages).equals(Buffer.from(texts.join('')))).toBe(true);
        expect(pages.every(({ byteLength }) => byteLength > 0)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test('pass through one page, however many they are', async () => {
    const lines = Array.from({ length: 30_000 }, (_, at) => `${JSON.stringify({ at, name: 'an ordinary line' })}\n`);
    const pages = new Set<ArrayBufferLike>();
    for await (const page of encodedTexts(lines)) {
      expect(page.byteLength).toBeLessThanOrEqual(PAGE_BYTES);
      pages.add(page.buffer);
    }
    expect(pages.size).toBe(1);
  });

  test('are passed over by their number, however their bytes are cut', async () => {
    const texts = fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(texts, fc.nat(14), fc.integer({ min: 1, max: 9 }), async (rows, passedOver, size) => {
        const bytes = Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
        const back: unknown[] = [];
        const rest = withoutLines(overwritten(bytes, size), passedOver);
        for await (const row of parsedLines(rest, 100_000)) back.push(row);
        expect(back).toEqual(rows.slice(passedOver));
      }),
    );
  });

  test('come back as they went, however their bytes are cut', async () => {
    const values = fc.array(fc.record({ text: fc.string({ unit: 'grapheme' }), at: fc.integer() }), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(values, fc.integer({ min: 1, max: 9 }), async (rows, size) => {
        const bytes = Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
        const back: unknown[] = [];
        for await (const row of parsedLines(overwritten(bytes, size), 100_000)) back.push(row);
        expect(back).toEqual(rows);
      }),
    );
  });

  test('come back as they went where they are longer than what is made text at a time', async () => {
    const text = fc
      .integer({ min: 0, max: 90_000 })
      .chain((length) => fc.constantFrom('ß', '𝄞', 'a').map((unit) => unit.repeat(length)));
    await fc.assert(
      fc.asyncProperty(fc.array(text, { maxLength: 8 }), fc.constantFrom(1_000, PAGE_BYTES), async (rows, size) => {
        const bytes = Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
        const back: unknown[] = [];
        for await (const row of parsedLines(overwritten(bytes, size), 200_000)) back.push(row);
        expect(back).toEqual(rows);
      }),
      { numRuns: 40 },
    );
  });

  test('that are longer than may be are refused before they are held whole', async () => {
    let handedOver = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (; ; handedOver += PAGE_BYTES) yield Buffer.alloc(PAGE_BYTES, 'a');
    }
    const read = async (): Promise<void> => {
      for await (const row of parsedLines(endless(), 1_000_000)) expect(row).toBeUndefined();
    };
    await expect(read()).rejects.toThrow('a line is longer than 1000000 characters');
    expect(handedOver).toBeLessThanOrEqual(1_000_000 + PAGE_BYTES);
  });

  test('are cut into files at their ends, however their bytes are cut', async () => {
    const line = fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => JSON.stringify(text));
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.nat(8), fc.integer({ min: 1, max: 90 }), async (lines, cut, pieceBytes) => {
        const whole = Buffer.from(lines.map((each) => `${each}\n`).join(''));
        const paths = await inPieces(overwritten(whole, cut + 1), join(fresh(), 'lines'), pieceBytes);
        const pieces = paths.map((path) => readFileSync(path));
        expect(Buffer.concat(pieces).equals(whole)).toBe(true);
        for (const [at, piece] of pieces.entries()) {
          const isLast = at === pieces.length - 1;
          if (!isLast) expect(piece.byteLength).toBeGreaterThanOrEqual(pieceBytes);
          const before = piece.subarray(0, Math.max(0, pieceBytes - 1));
          if (piece.byteLength > pieceBytes) expect(piece.indexOf(10, before.byteLength)).toBe(piece.byteLength - 1);
          if (piece.byteLength > 0) expect(piece.at(-1)).toBe(10);
        }
      }),
      { numRuns: 60 },
    );
  });
});

/** Pieces that are each overwritten by the next. */
async function* overwritten(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  const piece = Buffer.alloc(size);
  for (let at = 0; at < bytes.byteLength; at += size) {
    yield piece.subarray(0, bytes.copy(piece, 0, at, at + size));
    piece.fill(0);
  }
}
