/** What travels between the host and a connector of its own process arrives whole, in order, and once it is there. */
import { expect, test } from '@jest/globals';
import { duplexPair } from 'node:stream';
import { Link, type Services } from '../../../plugins/host/isolate/link.ts';
import { ConnectorError } from '../../../plugins/sdk/index.ts';

type Stream = () => AsyncIterable<unknown>;

function linked(stream: Stream): Link {
  const [here, there] = duplexPair();
  const services: Services = { call: async () => undefined, stream };
  new Link(there, services, () => {});
  return new Link(here, services, () => {});
}

async function groupsOf(link: Link): Promise<readonly (readonly unknown[])[]> {
  const groups: (readonly unknown[])[] = [];
  for await (const group of link.groups('any', {})) groups.push(group);
  return groups;
}

test('values that are there at once come together, in order and none twice', async () => {
  const groups = await groupsOf(
    linked(async function* () {
      for (let at = 0; at < 10_000; at++) yield { at };
    }),
  );
  expect(groups.flat()).toEqual(Array.from({ length: 10_000 }, (_, at) => ({ at })));
  expect(groups.length).toBeLessThan(100);
});

test('a value does not wait for one that comes later', async () => {
  const later = Promise.withResolvers<void>();
  const values = linked(async function* () {
    yield 'now';
    await later.promise;
    yield 'later';
  }).groups('any', {});
  expect((await values.next()).value).toEqual(['now']);
  later.resolve();
  expect((await values.next()).value).toEqual(['later']);
  expect((await values.next()).done).toBe(true);
});

test('long values do not make a frame that is refused', async () => {
  const long = 'x'.repeat(1024 * 1024);
  const groups = await groupsOf(
    linked(async function* () {
      for (let at = 0; at < 40; at++) yield { content: long };
    }),
  );
  expect(groups.flat()).toHaveLength(40);
});

test('bytes come as they are, between values too', async () => {
  const groups = await groupsOf(
    linked(async function* () {
      yield 'one';
      yield Buffer.from([1, 2, 3]);
      yield new Uint8Array(300_000).fill(9);
      yield 'two';
    }),
  );
  const [one, bytes, more, two] = groups.flat() as [string, Uint8Array, Uint8Array, string];
  expect([one, [...bytes], more.byteLength, more.every((each) => each === 9), two]).toEqual([
    ...['one', [1, 2, 3], 300_000, true, 'two'],
  ]);
});

test('an error comes after everything that came before it', async () => {
  const seen: unknown[] = [];
  const reading = async () => {
    const link = linked(async function* () {
      yield 'one';
      yield 'two';
      throw new ConnectorError('UNAVAILABLE', 'gone');
    });
    for await (const each of link.stream('any', {})) seen.push(each);
  };
  await expect(reading()).rejects.toMatchObject({ code: 'UNAVAILABLE', message: 'gone' });
  expect(seen).toEqual(['one', 'two']);
});

test('whoever stops reading stops the other side, which is asked for one frame ahead and no more', async () => {
  let made = 0;
  const ended = Promise.withResolvers<void>();
  const link = linked(async function* () {
    try {
      for (;;) {
        made += 1;
        yield new Uint8Array(10);
      }
    } finally {
      ended.resolve();
    }
  });
  for await (const _ of link.stream('any', {})) break;
  await ended.promise;
  expect(made).toBeLessThanOrEqual(3);
});
