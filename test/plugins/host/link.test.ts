/** What travels between the host and a connector of its own process arrives whole, in order, and once it is there. */
import { describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import type { Socket } from 'node:net';
import { createHash, randomBytes } from 'node:crypto';
import { duplexPair, type Duplex } from 'node:stream';
import { send } from '../../../plugins/host/isolate/frames.ts';
import { Link, type OpenSocket, type Services } from '../../../plugins/host/isolate/link.ts';
import { Rooms } from '../../../plugins/host/isolate/rooms.ts';
import { makeShelf, Shelf } from '../../../plugins/host/isolate/shelf.ts';
import { WINDOW_BYTES } from '../../../plugins/host/isolate/window.ts';
import { ConnectorError } from '../../../plugins/sdk/index.ts';

type Stream = Services['stream'];

function linked(stream: Stream, [ours, theirs]: readonly Shelf[] = []): Link {
  const [here, there] = duplexPair();
  const services: Services = { call: async () => undefined, stream };
  new Link(reading(there), services, () => {}, theirs);
  return new Link(reading(here), services, () => {}, ours);
}

/** Both sides of a shelf, where this machine has such a place. */
function shelves(): readonly Shelf[] {
  const file = makeShelf();
  if (file === undefined) return [];
  return [new Shelf(file, 'host'), new Shelf(openSync(`/proc/self/fd/${file}`, 'r+'), 'connector')];
}

/** A socket that reads where it is told, in pieces that end anywhere. */
function reading(socket: Duplex): OpenSocket {
  return ({ buffer, callback }) => {
    let piece = 1;
    socket.on('data', (read: Uint8Array) => {
      for (let at = 0; at < read.byteLength; piece = (piece * 7) % 60_001) {
        const room = typeof buffer === 'function' ? buffer() : buffer;
        const bytes = read.subarray(at, at + Math.min(piece, room.byteLength));
        room.set(bytes);
        at += bytes.byteLength;
        callback(bytes.byteLength, room);
      }
    });
    return socket as Socket;
  };
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

test('whoever waits for a stream is let go when it is stopped', async () => {
  const link = linked(async function* (_method, _value, signal) {
    yield 'one';
    await once(signal, 'abort');
    yield 'too late';
  });
  const stop = new AbortController();
  const values = link.stream('any', {}, stop.signal);
  expect((await values.next()).value).toBe('one');
  const waiting = values.next();
  stop.abort();
  expect(await waiting).toMatchObject({ done: true });
});

test.each([
  ['sends more of a stream than may wait', 'bytes', 'more of a stream was sent than was taken'],
  ['says that more was taken than was sent', 'taken', 'more was taken than was sent'],
  ['says that a frame is without end', 'endless', 'a frame is too large'],
])('whoever %s loses the link', async (_what, abuse, message) => {
  const [here, there] = duplexPair();
  const lost = Promise.withResolvers<Error>();
  const link = new Link(reading(here), { call: async () => undefined, stream: waiting }, lost.resolve);
  const untaken = link.groups('any', {}).next();
  untaken.catch(() => {});
  if (abuse === 'endless') there.write(Buffer.from('7fffffff7fffffff', 'hex'));
  if (abuse === 'taken') {
    send(there, { kind: 'stream', id: 0, mine: true });
    send(there, { kind: 'taken', id: 0, mine: true, takenBytes: 1e15 });
  }
  for (let sent = 0; abuse === 'bytes' && sent < 3 * WINDOW_BYTES; sent += 60_000) {
    send(there, { kind: 'bytes', id: 0, mine: false, bytes: new Uint8Array(60_000) });
  }
  expect((await lost.promise).message).toBe(message);
});

async function* waiting(): AsyncGenerator<never> {
  await new Promise(() => {});
}

describe.each([
  ['by the socket', () => []],
  ['by a shelf where they are long', shelves],
])('%s', (_way, shelf: () => readonly Shelf[]) => {
  test('bytes come as they are, between values too', async () => {
    const groups = await groupsOf(
      linked(async function* () {
        yield 'one';
        yield Buffer.from([1, 2, 3]);
        yield new Uint8Array(300_000).fill(9);
        yield 'two';
      }, shelf()),
    );
    const [one, bytes, more, two] = groups.flat() as [string, Uint8Array, Uint8Array, string];
    expect([one, [...bytes], more.byteLength, more.every((each) => each === 9), two]).toEqual([
      ...['one', [1, 2, 3], 300_000, true, 'two'],
    ]);
  });

  test('whoever stops reading stops the other side, which sent no more than a window ahead', async () => {
    let madeBytes = 0;
    const ended = Promise.withResolvers<void>();
    const link = linked(async function* () {
      try {
        for (let size = 1; ; size = (size * 7) % 60_001) {
          madeBytes += size;
          yield new Uint8Array(size);
        }
      } finally {
        ended.resolve();
      }
    }, shelf());
    for await (const _ of link.stream('any', {})) break;
    await ended.promise;
    expect(madeBytes).toBeLessThanOrEqual(2 * WINDOW_BYTES);
  });

  test('a chunk longer than a frame may be comes in parts, and nothing of it is lost', async () => {
    const long = randomBytes(5 * 1024 * 1024 + 3);
    const link = linked(async function* () {
      yield long;
      yield Buffer.from('after');
    }, shelf());
    const parts = (await groupsOf(link)).flat() as Uint8Array[];
    expect(parts).toHaveLength(7);
    expect(Buffer.concat(parts).equals(Buffer.concat([long, Buffer.from('after')]))).toBe(true);
  });

  test('many streams at once come whole, though together they are longer than what may wait', async () => {
    const contents = Array.from({ length: 12 }, (_, at) => randomBytes(1_500_000 + at));
    const link = linked(async function* (_method, value) {
      const content = contents[Number(value)] ?? Buffer.alloc(0);
      for (let at = 0; at < content.byteLength; at += 200_000) yield content.subarray(at, at + 200_000);
    }, shelf());
    const come = contents.map(async (content, at) => {
      const parts: Uint8Array[] = [];
      for await (const part of link.stream('any', at)) parts.push(part as Uint8Array);
      return Buffer.concat(parts).equals(content);
    });
    expect(await Promise.all(come)).not.toContain(false);
  });

  test('bytes that are read into memory used again are whole until the next ones are asked for', async () => {
    const sent = Array.from({ length: 300 }, (_, at) => randomBytes(at % 25 === 24 ? at * 4_000 : 256 * 1024));
    const sides = shelf();
    const link = linked(async function* () {
      yield* sent;
    }, sides);
    const [came, memory] = [createHash('sha256'), new Set<ArrayBufferLike>()];
    for await (const [bytes] of link.groups('any', {}, undefined, new Rooms()) as AsyncIterable<[Uint8Array]>) {
      // Whatever else has come by now is not put where this is.
      await new Promise((resolve) => setImmediate(resolve));
      came.update(bytes);
      memory.add(bytes.buffer);
    }
    const whole = sent.reduce((digest, each) => digest.update(each), createHash('sha256'));
    expect(came.digest('hex')).toBe(whole.digest('hex'));
    if (sides.length > 0) expect(memory.size).toBeLessThan(sent.length / 2);
  });
});
