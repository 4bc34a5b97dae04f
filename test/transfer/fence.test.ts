/** Whoever lost the lease can save nothing more. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { isFault } from '../../kernel/fault.ts';
import { platformTable } from '../../runtime/platform.ts';
import { sql } from 'kysely';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { Rig } from './rig.ts';

const FILES = Object.fromEntries(Array.from({ length: 6 }, (_, at) => [`${at}.pdf`, `text ${at}`]));

onEveryDialect('a holder that was fenced off', (dialect) => {
  let place: Place;
  let rig: Rig;

  beforeEach(async () => {
    place = await dialect.enter();
    rig = await Rig.open(place);
    await rig.declare({ name: 'scans', files: FILES });
    await rig.launch();
  });
  afterEach(() => place.leave());

  /** What a worker finds when the one before it fell silent. */
  const expireLeases = async () => {
    const { dialect: name, writer } = rig.database.platform;
    await sql`update ${platformTable(name, 'job')} set lease_until = 1`.execute(writer);
  };

  /** Of the batch. That an endpoint was reached stays true whoever holds the lease. */
  const saved = async () => ({
    batch: await rig.batch('scans'),
    acts: (await rig.audit()).filter(({ action }) => action !== 'endpoint-connected'),
  });

  test.each([
    ['packing', 0],
    ['moving', 1],
  ])('while %s writes nothing more, and the new holder ends the work', async (_, before) => {
    for (let at = 0; at < before; at++) await rig.workOnce();
    const old = await rig.take();
    await expireLeases();
    const taken = await rig.take();
    const state = await saved();
    const thrown = await old?.run();
    expect(isFault(thrown) && thrown.code).toBe('LEASE_LOST');
    expect(await saved()).toEqual(state);
    expect(await taken?.run()).toBeUndefined();
    await rig.finish(taken);
    await rig.work();
    expect(await rig.batch('scans')).toMatchObject({ state: 'moved', moved: 6, pauses: 0 });
    expect((await rig.audit()).filter(({ action }) => action === 'item-committed')).toHaveLength(6);
  });

  test('in the middle of the move leaves what it did to be looked up', async () => {
    await rig.workOnce();
    const old = await rig.take();
    let taken: Awaited<ReturnType<Rig['take']>>;
    let commits = 0;
    const context = rig.watched((call) => {
      if (call === 'target.commit after') commits += 1;
    });
    const slow = {
      ...context,
      store: {
        ...context.store,
        transact: async (work: Parameters<typeof context.store.transact>[0]) => {
          if (commits > 0 && taken === undefined) {
            await expireLeases();
            taken = await rig.take();
          }
          return context.store.transact(work);
        },
      } as typeof context.store,
    };
    const thrown = await old?.run(slow);
    expect(isFault(thrown) && thrown.code).toBe('LEASE_LOST');
    expect(commits).toBeGreaterThan(0);
    expect(await taken?.run()).toBeUndefined();
    await rig.finish(taken);
    expect(await rig.batch('scans')).toMatchObject({ state: 'moved', moved: 6 });
    expect(rig.target.files.size).toBe(6);
    expect((await rig.audit()).filter(({ action }) => action === 'item-committed')).toHaveLength(6);
  });

  test('and one that is told to stop saves what is done and pauses nothing', async () => {
    await rig.workOnce();
    const held = await rig.take();
    const context = rig.watched((call) => {
      if (call === 'target.stage after') held?.stop.abort();
    });
    expect(await held?.run(context)).toBeDefined();
    await rig.finish(held, 'stopped');
    expect(await rig.batch('scans')).toMatchObject({ state: 'moving', pauses: 0 });
    await rig.work();
    expect(await rig.batch('scans')).toMatchObject({ state: 'moved', moved: 6 });
  });
});
