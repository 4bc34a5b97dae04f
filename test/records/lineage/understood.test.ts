/** What is sealed is read each time, parsed once, and remembered within a limit. */
import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { sha256, type Sha256 } from '../../../kernel/digest.ts';
import { lineageToSeal, readSealedLineage } from '../../../records/lineage/sealed.ts';
import { shippedLineages } from '../../../records/maps/shipped.ts';
import { Understood } from '../../../records/lineage/understood.ts';

const LIMIT_BYTES = 10;
const documents = ['one', 'two', 'three', 'four'];

/** How often each of the documents that are asked for, in this order, is parsed. */
function parsedWhenAsked(...asked: readonly string[]): Record<string, number> {
  const understood = new Understood<string>(LIMIT_BYTES);
  const parsed: Record<string, number> = {};
  for (const text of asked) {
    const meaning = understood.of(sha256(text), Buffer.from(text), (each) => {
      parsed[each] = (parsed[each] ?? 0) + 1;
      return each.toUpperCase();
    });
    expect(meaning).toBe(text.toUpperCase());
  }
  return parsed;
}

test('a document is parsed once, and again after others took its room', () => {
  expect(parsedWhenAsked('one', 'two', 'one', 'two')).toEqual({ one: 1, two: 1 });
  expect(parsedWhenAsked(...documents, 'one')).toEqual({ one: 2, two: 1, three: 1, four: 1 });
});

test('the document that was asked for longest ago goes first', () => {
  expect(parsedWhenAsked('one', 'two', 'one', 'three', 'one', 'two')).toEqual({ one: 1, two: 2, three: 1 });
});

test('a document longer than the limit is never kept, and pushes nothing else out', () => {
  const long = 'longer than all';
  expect(parsedWhenAsked('one', long, long, 'one')).toEqual({ one: 1, [long]: 2 });
});

test('a sealed map whose bytes are damaged is refused by the room, however often it was read before', async () => {
  const text = readFileSync(shippedLineages().get('fhir-as-is') ?? '', 'utf8');
  const digest = sha256(text);
  expect(lineageToSeal(text)).toMatchObject({ ok: true });
  const whole = (): Promise<Buffer> => Promise.resolve(Buffer.from(text));
  expect(await readSealedLineage(digest, whole)).toMatchObject({ ok: true, value: { name: 'fhir-as-is' } });
  const damaged = (asked: Sha256): Promise<Buffer> => Promise.reject(new Error(`damaged ${asked}`));
  await expect(readSealedLineage(digest, damaged)).rejects.toThrow(`damaged ${digest}`);
});
