/** Scratch files: lines and contents from several places, each whole and where it was said to be. */
import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { type Place, withSpool } from '../../subgraphs/validation/work/spool.ts';
import { temporaryFolders } from '../support/places.ts';

const LINES_A_WRITER = 2_000;

describe('A scratch file', () => {
  const fresh = temporaryFolders();

  it('holds lines and contents in the order they were added, each at the place that was told', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.integer({ min: 8_000, max: 70_000 }).map((length) => 'ä'.repeat(length)),
    );
    const added = fc.array(fc.tuple(fc.constantFrom('line', 'content', 'flush'), text), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(added, async (steps) => {
        await withSpool(join(fresh(), 'scratch'), async (spool) => {
          const file = await spool.file('rows');
          const told: [Place, Buffer][] = [];
          for (const [step, value] of steps) {
            if (step === 'flush') await file.flush();
            if (step === 'line') told.push([file.putLine({ value }), Buffer.from(`${JSON.stringify({ value })}\n`)]);
            if (step === 'content') {
              const bytes = Buffer.from(value);
              told.push([{ at: file.put(bytes), sizeBytes: bytes.byteLength }, bytes]);
            }
          }
          await file.flush();
          expect(readFileSync(file.path).equals(Buffer.concat(told.map(([, bytes]) => bytes)))).toBe(true);
          for (const [{ at, sizeBytes }, bytes] of told) {
            expect(sizeBytes).toBe(bytes.byteLength);
            expect((await file.read(at, sizeBytes)).equals(bytes)).toBe(true);
          }
        });
      }),
      { numRuns: 50 },
    );
  });

  it('keeps every line whole while several writers add and it is being written', async () => {
    await withSpool(join(fresh(), 'scratch'), async (spool) => {
      const file = await spool.file('rows');
      const writers = ['a', 'b', 'c', 'd'];
      await Promise.all(
        writers.map(async (writer) => {
          for (let n = 0; n < LINES_A_WRITER; n++) await file.line({ writer, n, fill: 'x'.repeat(n % 300) });
        }),
      );
      await file.flush();
      const rows = readFileSync(file.path, 'utf8').trimEnd().split('\n');
      const seen = rows.map((row) => JSON.parse(row) as { writer: string; n: number });
      expect(seen).toHaveLength(writers.length * LINES_A_WRITER);
      for (const writer of writers) {
        const order = seen.filter((row) => row.writer === writer).map(({ n }) => n);
        expect(order).toEqual(Array.from({ length: LINES_A_WRITER }, (_, n) => n));
      }
    });
  });

  it('in pieces is the same lines, each whole in one of them', async () => {
    await withSpool(join(fresh(), 'scratch'), async (spool) => {
      const file = await spool.lines({ file: 'rows', inPieces: true });
      const row = (n: number) => ({ n, fill: 'ä'.repeat((n * 7_919) % 40_000) });
      await Promise.all(Array.from({ length: LINES_A_WRITER }, (_, n) => file.line(row(n))));
      await file.flush();
      const pieces = file.pieces.map((path) => readFileSync(path, 'utf8'));
      expect(pieces.length).toBeGreaterThan(5);
      expect(pieces.every((piece) => piece.endsWith('\n'))).toBe(true);
      const seen = pieces.join('').trimEnd().split('\n');
      expect(seen.map((line) => (JSON.parse(line) as { n: number }).n)).toEqual(seen.map((_, n) => n));
      expect(seen).toHaveLength(LINES_A_WRITER);
      await expect(file.read(0, 1)).rejects.toThrow('in pieces');
    });
  });
});
