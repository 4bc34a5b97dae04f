import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from '../../../runtime/database.ts';
import { readEntry } from '../../../subgraphs/audit/domain/entry.ts';
import { publishStage, readHead, stagesOf } from '../../../subgraphs/audit/store/log-head.ts';
import { positionsAbout } from '../../../subgraphs/audit/store/entries.ts';
import { auditStore } from '../../../subgraphs/audit/store/store.ts';
import { onEveryDialect, type Place } from '../../support/databases.ts';
import { entry, type LogHouse, openLog, record } from '../log-house.ts';
import { checkLog, leftovers } from '../oracle.ts';

onEveryDialect('the sequencer', (dialect) => {
  let place: Place;
  let database: Database;
  let house: LogHouse;

  beforeEach(async () => {
    place = await dialect.enter();
    database = await place.open([auditStore]);
    house = await openLog(database, place.directory);
  });
  afterEach(() => place.leave());

  const check = () => checkLog(place.directory, house.sequencer.verifier);
  const drain = async (sequencer = house.sequencer): Promise<void> => {
    while ((await sequencer.step()) > 0);
  };
  const commit = (from: number, count: number) =>
    record(
      database,
      Array.from({ length: count }, (_, at) => entry(`entry-${from + at}`, { subject: `item-${(from + at) % 7}` })),
    );

  test('publishes a signed checkpoint of the empty log before there is an entry', () => {
    expect(check().size).toBe(0);
  });

  test('takes every committed entry into the log once, with its exact bytes, in the order of commits', async () => {
    await commit(0, 3);
    await drain();
    await commit(3, 254);
    await drain();
    await commit(257, 1000);
    await drain();
    const { entries } = check();
    expect(entries.map((bytes) => readEntry(bytes)?.id)).toEqual(
      Array.from({ length: 1257 }, (_, at) => `entry-${at}`),
    );
    expect(leftovers(place.directory)).toEqual([]);
    expect(await database.store('audit').read((em) => positionsAbout(em, ['item-3'], 30))).toEqual([3, 10, 17, 24]);
  });

  test('goes on after a restart from what is on the disk', async () => {
    await commit(0, 300);
    await drain();
    house = await openLog(database, place.directory);
    await commit(300, 300);
    await drain();
    expect(check().size).toBe(600);
  });

  test('takes nothing in while its files are incomplete, and goes on when they are put back', async () => {
    await commit(0, 10);
    await drain();
    await commit(10, 500);
    const files = join(place.directory, 'log', 'tile', '0', '000.p');
    const saved = readFileSync(join(files, '10'));
    rmSync(files, { recursive: true });
    const again = await openLog(database, place.directory).then(({ sequencer }) => sequencer);
    await expect(again.step()).rejects.toMatchObject({ code: 'LOG_DAMAGED' });
    expect(await database.store('audit').read(readHead)).toMatchObject({ size: 10, published: 10 });
    writeTile(files, saved);
    await drain(again);
    expect(check().size).toBe(510);
  });

  test('of several sequencers at once, none forks the log and none loses an entry', async () => {
    const others = [await openLog(database, place.directory), await openLog(database, place.directory)];
    for (let round = 0; round < 20; round++) {
      await commit(round * 40, 40);
      const steps = [house, ...others].map(({ sequencer }) => sequencer.step().catch(codeOf));
      for (const outcome of await Promise.all(steps)) expect(['number', 'LOG_HEAD_MOVED']).toContain(kindOf(outcome));
    }
    await drain();
    expect(check().size).toBe(800);
  });

  test('never publishes an older checkpoint over a newer one', async () => {
    const store = database.store('audit');
    await commit(0, 5);
    await drain();
    let published = 0;
    const old = { start: 0, size: 3, checkpoint: 'old', bundle: Buffer.alloc(0) };
    await store.transact((unit) => publishStage(unit, old as never, async () => void (published += 1)));
    expect(published).toBe(0);
    expect(await store.read(stagesOf)).toEqual([]);
  });

  test('stops rather than build on files that were changed', async () => {
    await commit(0, 5);
    await drain();
    const path = join(place.directory, 'log', 'tile', 'entries', '000.p', '5');
    const bytes = readFileSync(path);
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    rmSync(path);
    writeFileSync(path, bytes);
    const again = await openLog(database, place.directory);
    await commit(5, 5);
    await expect(again.sequencer.step()).rejects.toMatchObject({ code: 'LOG_DAMAGED' });
  });

  test('refuses a directory that holds the key of another log', async () => {
    rmSync(join(place.directory, 'keys', 'log.pem'));
    await expect(openLog(database, place.directory)).rejects.toMatchObject({ code: 'LOG_KEY_CHANGED' });
  });

  test('keeps all of an entry that is too large for a leaf but its words', async () => {
    await record(database, [entry('large', { reason: 'r'.repeat(70_000) }), entry('small')]);
    await drain();
    const [large, small] = check().entries.map((bytes) => readEntry(bytes));
    expect(large).toMatchObject({ id: 'large', digests: { entry: expect.stringMatching(/^[0-9a-f]{64}$/) } });
    expect(small).toMatchObject({ id: 'small' });
  });
});

function writeTile(folder: string, bytes: Buffer): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, '10'), bytes);
}

function codeOf(error: unknown): string {
  return (error as { code?: string }).code ?? String(error);
}

function kindOf(outcome: string | number): string {
  return typeof outcome === 'number' ? 'number' : outcome;
}
