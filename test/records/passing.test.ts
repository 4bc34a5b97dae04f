/** Bytes that are looked at while they pass: both sides see the same, and neither is ever kept waiting for nothing. */
import { expect, test } from '@jest/globals';
import { Passing } from '../../records/passing.ts';

const BROKEN = new Error('the line was cut');

async function* source(chunks: number, read: { count: number }, failure?: Error): AsyncGenerator<Uint8Array> {
  for (; read.count < chunks; read.count++) yield Buffer.from(`chunk ${read.count};`);
  if (failure !== undefined) throw failure;
}

async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  let text = '';
  for await (const chunk of bytes) text += Buffer.from(chunk).toString();
  return text;
}

test('what passes and what is seen are the same', async () => {
  const passing = new Passing(source(50, { count: 0 }));
  const [passed, seen] = await Promise.all([textOf(passing.bytes()), textOf(passing.seen())]);
  expect(seen).toBe(passed);
  expect(passed.split(';')).toHaveLength(51);
});

test('no more than one chunk waits for the reader', async () => {
  const read = { count: 0 };
  const passing = new Passing(source(50, read));
  const passed = textOf(passing.bytes());
  const seen = passing.seen();
  for (let taken = 1; taken <= 50; taken++) {
    await seen.next();
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    expect(read.count).toBeLessThanOrEqual(taken + 1);
  }
  await seen.next();
  await passed;
});

test('a source that breaks fails both', async () => {
  const passing = new Passing(source(3, { count: 0 }, BROKEN));
  const both = await Promise.allSettled([textOf(passing.bytes()), textOf(passing.seen())]);
  expect(both).toEqual([
    { status: 'rejected', reason: BROKEN },
    { status: 'rejected', reason: BROKEN },
  ]);
});

test('a reader that has seen enough holds nobody up', async () => {
  const passing = new Passing(source(50, { count: 0 }));
  const passed = textOf(passing.bytes());
  for await (const _ of passing.seen()) break;
  expect((await passed).split(';')).toHaveLength(51);
});

test('whoever sees is told when nobody asks for the bytes any more', async () => {
  const passing = new Passing(source(50, { count: 0 }));
  const seen = textOf(passing.seen());
  seen.catch(() => {});
  for await (const _ of passing.bytes()) break;
  await expect(seen).rejects.toThrow('nobody asks for the bytes any more');
});
