import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { systemClock } from '../../kernel/clock.ts';
import type { Database } from '../../runtime/database.ts';
import { startWorkers } from '../../runtime/jobs.ts';
import { auditRows, hasUnsettledEvents, type Position, START } from '../../runtime/outbox.ts';
import { type PlatformTable, platformTable } from '../../runtime/platform.ts';
import { openStrongroom } from '../../runtime/strongroom.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { Parcel, PARCELS, QUIET } from './parcels.ts';
import { AS_TYPESCRIPT } from '../support/typescript.ts';

const ROUNDS = 3;
const MOVING_AGAIN_MAX_MS = 3_000;

onEveryDialect('kill -9 of a writer', (dialect) => {
  let place: Place;
  let child: ChildProcess | undefined;

  beforeEach(async () => {
    place = await dialect.enter();
  });
  afterEach(async () => {
    child?.kill('SIGKILL');
    await place.leave();
  });

  /** Runs a writer until it has acknowledged `count` parcels, then kills it without a word. */
  const writeAndKill = (round: number, count: number): Promise<ReadonlyMap<string, string>> =>
    new Promise((resolve, reject) => {
      const script = join(import.meta.dirname, 'writer.ts');
      const words = [...AS_TYPESCRIPT, script, place.directory, place.url ?? '', `${round}`];
      const writer = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] });
      child = writer;
      const acknowledged = new Map<string, string>();
      let rest = '';
      let complaint = '';
      writer.stderr.on('data', (data) => {
        complaint += data;
      });
      writer.stdout.on('data', (data) => {
        const lines = `${rest}${data}`.split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) acknowledged.set(line.split(' ')[0] ?? '', line.split(' ')[1] ?? '');
        if (acknowledged.size >= count) writer.kill('SIGKILL');
      });
      writer.on('close', (_code, signal) => {
        if (signal === 'SIGKILL') resolve(acknowledged);
        else reject(new Error(`the writer ended by itself: ${complaint}`));
      });
    });

  const ids = async (database: Database, table: PlatformTable, column: string): Promise<ReadonlySet<string>> => {
    const found = await sql<{
      id: string;
    }>`select ${sql.id(column)} as id from ${platformTable(database.dialect, table)}`.execute(database.platform.reader);
    return new Set(found.rows.map(({ id }) => id));
  };

  test('loses no acknowledged parcel, event, entry, job or original, and keeps no half of one', async () => {
    const room = await openStrongroom(place.directory);
    const acknowledged = new Map<string, string>();
    for (let round = 0; round < ROUNDS; round++) {
      for (const [id, digest] of await writeAndKill(round, 15 + 17 * round)) acknowledged.set(id, digest);
      const database = await place.open([PARCELS]);
      // The server may still be ending the transaction of the process that is gone.
      while (await hasUnsettledEvents(database.platform)) await wait(10);
      const found = await database.store('transfer').read((em) => em.find(Parcel, {}));
      const parcels = new Set(found.map(({ id }) => id));
      for (const id of acknowledged.keys()) expect(parcels).toContain(id);
      expect(await ids(database, 'event', 'subject')).toEqual(parcels);
      expect(await ids(database, 'job', 'key')).toEqual(parcels);
      expect(await entriesOf(database)).toEqual(parcels);
      await database.close();
    }
    for (const [id, digest] of acknowledged) expect((await room.readWhole(digest, 100)).toString()).toBe(id);
  });

  test('leaves its running job to the next process, which moves again in time', async () => {
    await writeAndKill(0, 5);
    const startedAtMs = systemClock.elapsedMs();
    const database = await place.open([PARCELS]);
    let moved: (payload: unknown) => void = () => {};
    const firstJob = new Promise<unknown>((resolve) => {
      moved = resolve;
    });
    const run = async (payload: unknown) => moved(payload);
    const workers = startWorkers({ database, jobs: { transfer: [{ kind: 'weigh', run }] }, ...QUIET });
    expect(await firstJob).toEqual({ id: '0-0' });
    expect(systemClock.elapsedMs() - startedAtMs).toBeLessThan(MOVING_AGAIN_MAX_MS);
    await workers.close();
  });
});

async function entriesOf(database: Database): Promise<ReadonlySet<string>> {
  const subjects = new Set<string>();
  let position: Position = START;
  for (;;) {
    const rows = await auditRows(database, position, 50);
    for (const { bytes } of rows)
      subjects.add((JSON.parse(Buffer.from(bytes).toString()) as { subject: string }).subject);
    const last = rows.at(-1);
    if (last === undefined) return subjects;
    position = last.position;
  }
}
