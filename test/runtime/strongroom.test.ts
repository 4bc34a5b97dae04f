import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { sha256 } from '../../kernel/digest.ts';
import { openStrongroom, readLines, sealJson, sealLines, type Strongroom } from '../../runtime/strongroom.ts';

describe('the strongroom', () => {
  let directory: string;
  let room: Strongroom;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'waybill-room-'));
    room = await openStrongroom(directory);
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const bytes = Buffer.from('an original, as it was read');
  const pathOf = (digest: string): string => join(directory, 'strongroom', digest.slice(0, 2), digest);
  const damage = async (digest: string): Promise<void> => {
    await chmod(pathOf(digest), 0o644);
    await writeFile(pathOf(digest), 'an 0riginal, as it was read');
  };

  test('gives bytes back under their SHA-256, in a folder of its first two digits, read-only', async () => {
    const kept = await room.put([bytes.subarray(0, 5), bytes.subarray(5)]);
    expect(kept).toEqual({ digest: sha256(bytes), sizeBytes: bytes.byteLength });
    expect(await room.readWhole(kept.digest, 1_000)).toEqual(bytes);
    expect((await stat(pathOf(kept.digest))).mode & 0o777).toBe(0o444);
    expect(await room.locate(kept.digest)).toBe(pathOf(kept.digest));
  });

  test('keeps nothing, not even the empty document, twice; concurrent writers agree', async () => {
    const writers = Array.from({ length: 12 }, (_, at) => room.put([at % 2 === 0 ? bytes : Buffer.alloc(0)]));
    const digests = new Set((await Promise.all(writers)).map(({ digest }) => digest));
    expect(digests).toEqual(new Set([sha256(bytes), sha256('')]));
    expect(await readdir(join(directory, 'strongroom', 'incoming'))).toEqual([]);
  });

  test('never replaces what it holds: the file stays the very same one', async () => {
    const { digest } = await room.put([bytes]);
    const before = await stat(pathOf(digest));
    await room.put([bytes]);
    expect((await stat(pathOf(digest))).ino).toBe(before.ino);
  });

  test('finds damage whoever reads, and does not vouch for a damaged copy when the bytes come again', async () => {
    const { digest } = await room.put([bytes]);
    await damage(digest);
    const wrong = { code: 'STRONGROOM_DAMAGED', subject: digest };
    await expect(room.readWhole(digest, 1_000)).rejects.toMatchObject(wrong);
    await expect(room.locate(digest)).rejects.toMatchObject(wrong);
    await expect(room.put([bytes])).rejects.toMatchObject(wrong);
  });

  test('says that it does not hold what it never got, or what is no digest at all', async () => {
    expect(await room.has(sha256('never'))).toBe(false);
    await expect(room.readWhole(sha256('never'), 10)).rejects.toMatchObject({ code: 'STRONGROOM_MISSING' });
    await expect(room.locate('../keys/seal.pem')).rejects.toMatchObject({ code: 'STRONGROOM_MISSING' });
  });

  test('reads no more at once than asked for', async () => {
    const { digest } = await room.put([bytes]);
    await expect(room.readWhole(digest, 5)).rejects.toMatchObject({ code: 'STRONGROOM_TOO_LARGE' });
  });

  test('keeps nothing of a write that breaks', async () => {
    async function* breaking(): AsyncGenerator<Uint8Array> {
      yield bytes;
      throw new Error('the source went away');
    }
    await expect(room.put(breaking())).rejects.toThrow('the source went away');
    expect(await readdir(join(directory, 'strongroom'))).toEqual(['incoming']);
    expect(await readdir(join(directory, 'strongroom', 'incoming'))).toEqual([]);
  });

  test('removes at opening what a dead process left half-written, and leaves other machines alone', async () => {
    const incoming = join(directory, 'strongroom', 'incoming');
    await mkdir(incoming, { recursive: true });
    // No process has the number 0 but the kernel's own.
    await writeFile(join(incoming, `${hostname()}~${2 ** 30}~x~y`), 'half');
    await writeFile(join(incoming, `${hostname()}~${process.pid}~of-an-earlier-run~y`), 'half');
    await writeFile(join(incoming, 'another-machine~1~x~y'), 'being written');
    await openStrongroom(directory);
    expect(await readdir(incoming)).toEqual(['another-machine~1~x~y']);
  });

  test('is read through one buffer by whoever wants each chunk once, and is verified all the same', async () => {
    const long = Buffer.alloc(600_000, 'an original of three buffers and a bit ');
    const { digest } = await room.put([long]);
    const chunks: Uint8Array[] = [];
    const copies: Buffer[] = [];
    for await (const chunk of room.scan(digest)) {
      chunks.push(chunk);
      copies.push(Buffer.from(chunk));
    }
    expect(Buffer.concat(copies).equals(long)).toBe(true);
    expect(new Set(chunks.map((chunk) => chunk.buffer)).size).toBe(1);
    await damage(digest);
    const damaged = async () => {
      for await (const _ of room.scan(digest));
    };
    await expect(damaged()).rejects.toMatchObject({ code: 'STRONGROOM_DAMAGED', subject: digest });
  });

  test('seals JSON and lines so that equal values have equal digests', async () => {
    expect(await sealJson(room, { b: 1, a: [null, 'ß'] })).toBe(await sealJson(room, { a: [null, 'ß'], b: 1 }));
    const lines = Array.from({ length: 20_000 }, (_, at) => ({ path: `übung/${at}`, at }));
    const sealed = await sealLines(room, lines);
    expect(sealed.lines).toBe(20_000);
    const back: unknown[] = [];
    for await (const line of readLines(room, sealed.digest)) back.push(line);
    expect(back).toEqual(lines);
    expect((await sealLines(room, [])).digest).toBe(sha256(''));
  });
});
