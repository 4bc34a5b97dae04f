import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { Fault } from '../../kernel/fault.ts';
import type { Database, JobHandler, Lease } from '../../runtime/database.ts';
import { startWorkers, type Workers } from '../../runtime/jobs.ts';
import { claim, type Claimed, finish } from '../../runtime/lease.ts';
import { platformTable } from '../../runtime/platform.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { Depot, HASTY, PARCELS, QUIET } from './parcels.ts';

onEveryDialect('jobs', (dialect) => {
  let place: Place;
  let database: Database;
  const running: Workers[] = [];

  beforeEach(async () => {
    place = await dialect.enter();
    database = await place.open([PARCELS]);
  });
  afterEach(async () => {
    for (const workers of running.splice(0)) await workers.close();
    await place.leave();
  });

  const start = (run: JobHandler['run'], on: Database = database): Workers => {
    const workers = startWorkers({
      database: on,
      jobs: { transfer: [{ kind: 'weigh', run }] },
      ...QUIET,
      retry: HASTY,
    });
    running.push(workers);
    return workers;
  };
  const enqueue = (...keys: readonly string[]): Promise<void> =>
    database.store('transfer').transact(async (unit) => {
      for (const key of keys) unit.enqueue({ kind: 'weigh', key, payload: { key } });
    });
  const claimed = async (): Promise<Claimed> => {
    const job = await claim(database.platform, ['weigh']);
    if (job === undefined) throw new Error('there is no job to claim');
    return job;
  };
  const leaseOf = ({ id, token }: Claimed): Lease => ({ job: `${id}`, token, signal: new AbortController().signal });
  /** As if the holder had been silent for longer than its lease. */
  const silence = () =>
    sql`update ${platformTable(dialect.dialect, 'job')} set lease_until = 0`.execute(database.platform.writer);
  const write = (lease: Lease, id: string): Promise<void> =>
    database.store('transfer').transact(async (unit) => {
      await unit.hold(lease);
      unit.em.create(Depot, { id, name: 'north' });
    });
  const depots = () => database.store('transfer').read((em) => em.count(Depot));

  test('does every job once, in the order they were asked for', async () => {
    await enqueue('a', 'b', 'c');
    await enqueue('b', 'd');
    const done: unknown[] = [];
    const workers = start(async (payload) => void done.push(payload));
    await workers.settled();
    expect(done).toEqual(['a', 'b', 'c', 'd'].map((key) => ({ key })));
  });

  test('starts a job afresh when it is asked for again after its end', async () => {
    let runs = 0;
    const workers = start(async () => void (runs += 1));
    await enqueue('a');
    await workers.settled();
    await enqueue('a');
    await workers.settled();
    expect(runs).toBe(2);
  });

  test('runs a job once more when it is asked for while it runs, so that no wish is lost', async () => {
    let runs = 0;
    const workers = start(async () => {
      runs += 1;
      if (runs === 1) await enqueue('a');
    });
    await enqueue('a');
    await workers.settled();
    expect(runs).toBe(2);
  });

  test('refuses the writes of a holder whose lease another has taken over', async () => {
    await enqueue('a');
    const old = await claimed();
    await write(leaseOf(old), 'while-held');
    await silence();
    const young = await claimed();
    expect(young.token).toBeGreaterThan(old.token);
    await expect(write(leaseOf(old), 'too-late')).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await write(leaseOf(young), 'in-time');
    expect(await depots()).toBe(2);
    expect(await finish(database.platform, old, { kind: 'done' })).toBeUndefined();
    expect(await finish(database.platform, young, { kind: 'done' })).toBe('done');
  });

  test('never takes over from itself, however late it is', async () => {
    await enqueue('a');
    const own = await claimed();
    await silence();
    expect(await claim(database.platform, ['weigh'], [own.id])).toBeUndefined();
  });

  test('tries again what may pass, and parks what does not or never does', async () => {
    const runs = { passing: 0, stubborn: 0, hopeless: 0 };
    await enqueue('passing', 'stubborn', 'hopeless');
    const workers = start(async (payload) => {
      const { key } = payload as { key: keyof typeof runs };
      runs[key] += 1;
      if (key === 'hopeless') throw new Fault({ code: 'PLAN_WRONG', retry: 'permanent', message: 'the plan is wrong' });
      if (key === 'stubborn' || runs[key] === 1) {
        throw new Fault({ code: 'TARGET_DOWN', retry: 'transient', message: 'the target is down' });
      }
    });
    await workers.settled();
    expect(runs).toEqual({ passing: 2, stubborn: 3, hopeless: 1 });
    expect(await workers.parked()).toEqual([
      { kind: 'weigh', key: 'hopeless', code: 'PLAN_WRONG', message: 'the plan is wrong' },
      { kind: 'weigh', key: 'stubborn', code: 'TARGET_DOWN', message: 'the target is down' },
    ]);
  });

  test('starts a parked job afresh when it is asked for again', async () => {
    let broken = true;
    await enqueue('a');
    const workers = start(async () => {
      if (broken) throw new Error('a defect');
    });
    await workers.settled();
    expect(await workers.parked()).toMatchObject([{ key: 'a', code: 'UNEXPECTED' }]);
    broken = false;
    await enqueue('a');
    await workers.settled();
    expect(await workers.parked()).toEqual([]);
  });

  test('lets go of what runs when it is closed, and another takes it up at once', async () => {
    await enqueue('a');
    let begun: () => void = () => {};
    const beginning = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const first = start(async (_payload, { signal }) => {
      begun();
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      signal.throwIfAborted();
    });
    await beginning;
    await first.close();
    let runs = 0;
    await start(async () => void (runs += 1)).settled();
    expect(runs).toBe(1);
  });

  test('takes over at once what a dead process left behind', async () => {
    await enqueue('a');
    const own = await claimed();
    // Nothing gives the job back: the process is gone, and its connections with it.
    await database.close();
    database = await place.open([PARCELS]);
    const taken = await claimed();
    expect(taken).toMatchObject({ id: own.id, token: own.token + 1 });
  });

  if (dialect.dialect === 'postgresql') {
    test('gives each job to one of two processes, and leaves a living one alone', async () => {
      const other = await place.open([PARCELS]);
      const keys = Array.from({ length: 30 }, (_, at) => `k${at}`);
      const done: string[] = [];
      const run = async (payload: unknown) => void done.push((payload as { key: string }).key);
      await enqueue(...keys);
      const crews = [start(run), start(run, other)];
      await Promise.all(crews.map((crew) => crew.settled()));
      expect(done.sort()).toEqual(keys.sort());
      await Promise.all(crews.map((crew) => crew.close()));
      await enqueue('held');
      await claimed();
      expect(await claim(other.platform, ['weigh'])).toBeUndefined();
    });
  }
});
