/** A batch file that is cut is its messages and envelopes, byte for byte; where those do not hold it stays whole. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../kernel/clock.ts';
import { openConnectorHost, type ConnectorHost } from '../../../plugins/host/index.ts';
import { UNITS_MAX, unitsOf } from '../../../plugins/hl7-file-drop/units.ts';
import { headerOf, wholeMessageProblem } from '../../../plugins/sdk/hl7.ts';
import type { Source } from '../../../plugins/sdk/index.ts';
import { examine } from '../../../records/examine.ts';
import { splitHl7 } from '../../../records/hl7v2/split.ts';
import { temporaryFolders } from '../../support/places.ts';
import { all, never, parcel, whole } from '../host/house.ts';
import { describeWithOpenssh, enterSftpHouse } from '../sftp/server.ts';

const message = (id: string, more = ''): string =>
  `MSH|^~\\&|WARD|SITE|LAB|SITE|20260101||ADT^A24|${id}|P|2.5.1\rPID|1||42||Doe${more}\r`;
const BATCH = [
  ...['FHS|^~\\&|A\r', 'BHS|^~\\&|A\r', message('1'), message('2'), 'BTS|2|of the night\r'],
  ...['BHS|^~\\&|B\r', message('3'), 'BTS|1\r', 'FTS|2\r'],
].join('');

/** In pieces of any length, as files are read. */
async function* inChunks(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += length) yield bytes.subarray(at, at + length);
}
const kindsOf = async (text: string, length = 7): Promise<string | undefined> =>
  (await unitsOf(inChunks(Buffer.from(text, 'latin1'), length)))?.map(({ kind }) => kind).join(' ');

describe('a file of several messages', () => {
  test.each([
    ['with all envelopes', BATCH, 'FHS BHS MSH MSH BTS BHS MSH BTS FTS'],
    ['with a batch alone', `BHS|^~\\&|A\r${message('1')}BTS|1\r`, 'BHS MSH BTS'],
    ['with a file and no batch', `FHS|^~\\&|A\r${message('1')}${message('2')}FTS|1\r`, 'FHS MSH MSH FTS'],
    ['without envelopes', message('1') + message('2'), 'MSH MSH'],
    ['with counts left out', `FHS|^~\\&\rBHS|^~\\&\r${message('1')}BTS\rFTS||all\r`, 'FHS BHS MSH BTS FTS'],
    ['with another separator', `BHS#^~\\&\r${message('1')}BTS#1#\r`, 'BHS MSH BTS'],
    ['with line feeds', BATCH.replaceAll('\r', '\r\n'), 'FHS BHS MSH MSH BTS BHS MSH BTS FTS'],
    ['with a mark of its encoding', `\xef\xbb\xbf${message('1')}\r\n ${message('2')}`, 'MSH MSH'],
    ['as MLLP frames them', `\x0b${message('1')}\x1c\r\x0b${message('2')}\x1c\r`, 'MSH MSH'],
    ['with nothing in a batch', 'BHS|^~\\&|A\rBTS|0\r', 'BHS BTS'],
  ])('is cut: %s', async (_what, text, kinds) => {
    expect(await kindsOf(text)).toBe(kinds);
  });

  test.each([
    ['that is one message', message('1')],
    ['that is no HL7', '%PDF-1.7\rMSH|^~\\&|\rMSH|^~\\&|\r'],
    ['that is empty', ''],
    ['with a count that is wrong', BATCH.replace('BTS|2|', 'BTS|3|')],
    ['with a count that is no number', BATCH.replace('FTS|2', 'FTS|two')],
    ['with another number of batches', BATCH.replace('FTS|2', 'FTS|3')],
    ['with a batch that does not end', BATCH.replace('BTS|1\r', '')],
    ['with a batch that does not begin', BATCH.replace('BHS|^~\\&|B\r', '')],
    ['that does not end', BATCH.replace('FTS|2\r', '')],
    ['that does not begin', BATCH.replace('FHS|^~\\&|A\r', '')],
    ['with a message beside its batches', BATCH.replace('FTS', `${message('4')}FTS`)],
    ['with a message behind it', BATCH + message('4')],
    ['that is two files', BATCH + BATCH],
    ['that was put together of marked ones', `${message('1')}\xef\xbb\xbf${message('2')}`],
    ['with half a mark', `\xef\xbb${message('1')}${message('2')}`],
  ])('stays whole: one %s', async (_what, text) => {
    expect(await kindsOf(text)).toBeUndefined();
  });

  test('is read no further than to where it is known to be none', async () => {
    let readBytes = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (const chunk = Buffer.alloc(1_000, 'no line ends here '); readBytes < 1e8; readBytes += chunk.byteLength)
        yield chunk;
    }
    expect(await unitsOf(endless())).toBeUndefined();
    expect(readBytes).toBeLessThan(2_000);
  });

  test('stays whole where it has more messages than places are kept of', async () => {
    const text = 'MSH|^~\\&|\r'.repeat(UNITS_MAX + 1);
    expect(await kindsOf(text, 65_536)).toBeUndefined();
    expect((await unitsOf(inChunks(Buffer.from(text.slice(10)), 65_536)))?.length).toBe(UNITS_MAX);
  });

  test('is cut where readers of records cut it, however it comes, and nothing is between its parts', async () => {
    const line = fc.constantFrom(
      ...['FHS|^~\\&|A\r', 'BHS|^~\\&|A\r', 'BTS|1\r', 'BTS\r', 'FTS|1\n', 'FTS', '\r', ' ', '\x0b', '\x1c\r'],
      ...[message('1'), message('2', '\rOBX|1|ED|MSH'), 'MSHA|x\r', 'MSH|', '\xef\xbb\xbf'],
    );
    const property = fc.asyncProperty(fc.array(line), fc.integer({ min: 1, max: 50 }), async (lines, length) => {
      const bytes = Buffer.from(lines.join(''), 'latin1');
      const units = await unitsOf(inChunks(bytes, length));
      if (units === undefined) return;
      const split: { kind: string; sizeBytes: number }[] = [];
      for await (const { kind, bytes: unit } of splitHl7(inChunks(bytes, length))) {
        split.push({ kind, sizeBytes: unit.byteLength });
      }
      // What comes before the first header belongs to it here, and to nobody there.
      const [first, second, ...rest] = split;
      const joined = first?.kind === 'stray' && second !== undefined;
      const expected = joined ? [{ kind: second.kind, sizeBytes: first.sizeBytes + second.sizeBytes }, ...rest] : split;
      expect(units.map(({ kind, sizeBytes }) => ({ kind, sizeBytes }))).toEqual(expected);
      expect(units.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).toBe(bytes.byteLength);
    });
    await fc.assert(property, { numRuns: 2_000, seed: 2107 });
  });
});

const freshFolder = temporaryFolders();
let host: ConnectorHost;
const log: { fact: string; facts: object | undefined }[] = [];
beforeAll(async () => {
  host = await openConnectorHost({
    packages: ['@waybill/connector-hl7-file-drop'],
    spoolDirectory: await mkdtemp(join(tmpdir(), 'pieces-')),
    environment: () => undefined,
    log: (fact, facts) => log.push({ fact, facts }),
    clock: systemClock,
    limits: { backoffFirstMs: 1, backoffMostMs: 2 },
  });
});
afterAll(() => host.close());

async function cutting(files: Readonly<Record<string, string>>): Promise<{ source: Source; folder: string }> {
  const folder = freshFolder();
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, 'latin1');
  const config = { folder, batches: 'messages' };
  return { source: await host.source({ connector: 'hl7-file-drop', config, secrets: {} }, never()), folder };
}

describe('a source that cuts batch files', () => {
  test('lists messages and envelopes of those that hold, and all else as it is', async () => {
    const wrong = BATCH.replace('FTS|2', 'FTS|7');
    const { source } = await cutting({
      'day.hl7': BATCH,
      'one.hl7': message('9'),
      'wrong.hl7': wrong,
      'a.pdf': '%PDF',
    });
    log.length = 0;
    const items = (await all(source.list(never()))).sort((one, other) => (one.path < other.path ? -1 : 1));
    expect(items.map(({ path }) => path)).toEqual([
      'a.pdf',
      ...[
        '0.envelope',
        '1.envelope',
        '2.hl7',
        '3.hl7',
        '4.envelope',
        '5.envelope',
        '6.hl7',
        '7.envelope',
        '8.envelope',
      ].map((name) => `day.hl7/000000${name}`),
      ...['one.hl7', 'wrong.hl7'],
    ]);
    expect(log).toEqual([{ fact: 'drop-files-whole', facts: { files: 3, connector: 'hl7-file-drop' } }]);
    const parts: Buffer[] = [];
    for (const { path, sizeBytes } of items.filter(({ path }) => path.startsWith('day.hl7/'))) {
      const bytes = await whole(source.read(path, 0, never()));
      expect(bytes.byteLength).toBe(sizeBytes);
      if (path.endsWith('.hl7'))
        expect([headerOf(bytes), wholeMessageProblem(bytes)]).toMatchObject([{ sender: 'WARD|SITE' }, undefined]);
      parts.push(bytes);
    }
    expect(Buffer.concat(parts).toString('latin1')).toBe(BATCH);
    const { problems } = await examine('hl7v2', 'wrong.hl7', await whole(source.read('wrong.hl7', 0, never())));
    expect(problems).toMatchObject([{ code: 'COUNT_MISMATCH' }]);
    await source.close();
  });

  test('reads a message from any place of it on', async () => {
    const { source } = await cutting({ 'day.hl7': BATCH });
    const path = 'day.hl7/0000003.hl7';
    const bytes = await whole(source.read(path, 0, never()));
    expect(bytes.toString()).toBe(message('2'));
    for (const at of [1, 50, bytes.byteLength]) {
      expect((await whole(source.read(path, at, never()))).equals(bytes.subarray(at))).toBe(true);
    }
    await source.close();
  });

  test('gives no part of a file that became another one, and finds those that it has then', async () => {
    const { source, folder } = await cutting({ 'day.hl7': message('1') + message('2') });
    await all(source.list(never()));
    await appendFile(join(folder, 'day.hl7'), message('3'));
    expect((await whole(source.read('day.hl7/0000002.hl7', 0, never()))).toString()).toBe(message('3'));
    const reading = async (): Promise<void> => {
      for await (const _ of source.read('day.hl7/0000000.hl7', 0, never())) {
        await appendFile(join(folder, 'day.hl7'), message('4'));
      }
    };
    await expect(reading()).rejects.toMatchObject({ code: 'ITEM_CHANGED' });
    for (const [path, code] of [
      ['day.hl7/0000009.hl7', 'ITEM_NOT_FOUND'],
      ['day.hl7/0000000.envelope', 'ITEM_NOT_FOUND'],
      ['gone.hl7/0000000.hl7', 'ITEM_NOT_FOUND'],
    ] as const) {
      await expect(whole(source.read(path, 0, never()))).rejects.toMatchObject({ code });
    }
    await writeFile(join(folder, 'day.hl7'), message('1'));
    await expect(whole(source.read('day.hl7/0000000.hl7', 0, never()))).rejects.toMatchObject({
      code: 'ITEM_NOT_FOUND',
    });
    await rm(join(folder, 'day.hl7'));
    await source.close();
  });

  test('is no harder on those who read at once than on one, also when the first of them is stopped', async () => {
    const texts = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`${at}.hl7`, message(`${at}`).repeat(40)]));
    const { source } = await cutting(texts);
    const stopped = new AbortController();
    const first = whole(source.read('3.hl7/0000000.hl7', 0, stopped.signal));
    const others = Array.from({ length: 20 }, (_, at) => whole(source.read(`${at}.hl7/0000039.hl7`, 0, never())));
    const beside = whole(source.read('3.hl7/0000001.hl7', 0, never()));
    stopped.abort();
    await first.catch(() => {});
    expect((await beside).toString()).toBe(message('3'));
    expect((await Promise.all(others)).map(String)).toEqual(Array.from({ length: 20 }, (_, at) => message(`${at}`)));
    await source.close();
  });

  test('brings single messages to a drop, each a file, and the names say where each stood', async () => {
    const { source } = await cutting({ 'day.hl7': BATCH });
    const [to, path] = [freshFolder(), 'day.hl7/0000006.hl7'];
    const target = await host.target({ connector: 'hl7-file-drop', config: { folder: to }, secrets: {} }, never());
    const about = parcel(path, message('3').length);
    await target.commit(about, await target.stage(about, source.read(path, 0, never()), never()), never());
    expect((await whole(target.read(path, 0, never()))).toString()).toBe(message('3'));
    await Promise.all([source.close(), target.close()]);
  });
});

describeWithOpenssh('a source that cuts batch files on a server', () => {
  test('gives the same parts', async () => {
    const house = await enterSftpHouse();
    const root = await house.root();
    await writeFile(join(root, 'day.hl7'), BATCH, 'latin1');
    const { root: _, ...server } = house.endpoint(root).config as { root: string };
    const config = { ...server, folder: root, batches: 'messages' };
    const { secrets } = house.endpoint(root);
    const source = await house.host.source({ connector: 'hl7-file-drop', config, secrets }, never());
    const paths = (await all(source.list(never()))).map(({ path }) => path).sort();
    const parts = await Promise.all(paths.map((path) => whole(source.read(path, 0, never()))));
    expect([paths.length, Buffer.concat(parts).toString('latin1')]).toEqual([9, BATCH]);
    await source.close();
    await house.leave();
  });
});
