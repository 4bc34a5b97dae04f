/** Many exceptions of one cause at once: every one is looked at, and what still disagrees stays open and is counted. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Actor } from '../../kernel/actor.ts';
import type { Database } from '../../runtime/database.ts';
import { findCause } from '../../subgraphs/validation/store/causes.ts';
import { findGroupAct } from '../../subgraphs/validation/store/group-acts.ts';
import { validationStore } from '../../subgraphs/validation/store/store.ts';
import type { GroupWish } from '../../subgraphs/validation/domain/group-act.ts';
import { askForGroupAct } from '../../subgraphs/validation/work/act-on-group.ts';
import { approveExceptionWaiver } from '../../subgraphs/validation/work/act-on-exception.ts';
import { Waiver } from '../../subgraphs/validation/store/tables.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { lose } from './planted.ts';
import { demographics } from './practice.ts';
import { Rig } from './rig.ts';

const OLGA: Actor = { type: 'user', id: 'olga', roles: ['operator', 'approver'] };

onEveryDialect('a cause', (dialect) => {
  let place: Place;
  let database: Database;
  beforeAll(async () => {
    place = await dialect.enter();
    database = await place.open([validationStore]);
  });
  afterAll(() => place.leave());

  /** Two patients differ in the same element, each in an item of its own. */
  const lacking = async (name: string) => {
    const rig = await Rig.open(place, { database, name });
    await rig.carryAll(demographics());
    const kept = rig.target.records.get('Patient') ?? [];
    lose(rig, 'Patient', 'mrn:0001', 'mrn:0003');
    await rig.work();
    const rows = await rig.exceptions();
    const [causeId = ''] = new Set(rows.map((row) => row.causeId ?? ''));
    expect(new Set(rows.map((row) => row.causeId)).size).toBe(1);
    expect(rows).toHaveLength(2);
    const ask = async (wish: GroupWish) => {
      const asked = await askForGroupAct(rig.house, causeId, wish, OLGA);
      if (!asked.ok) return asked.refusals.map(({ code }) => code);
      await rig.work();
      const act = await rig.house.store.read((em) => findGroupAct(em, asked.value.id));
      return { total: act?.total, done: act?.done, refused: act?.refused, isEnded: act?.endedAt != null };
    };
    const cause = () => rig.house.store.read((em) => findCause(em, causeId));
    return { rig, ask, cause, kept };
  };

  test('is re-checked as a whole: what agrees now closes, the others stay and are counted', async () => {
    const { rig, ask, cause, kept } = await lacking('recheck');
    rig.target.records.set(
      'Patient',
      kept.filter(({ key }) => key !== 'mrn:0003'),
    );
    expect(await ask({ kind: 'recheck' })).toEqual({ total: 2, done: 1, refused: 1, isEnded: true });
    expect(await cause()).toMatchObject({ open: 1, total: 2 });
    expect((await rig.exceptions()).map(({ state, recheckFound }) => `${state} ${recheckFound}`).toSorted()).toEqual([
      'closed agrees',
      'open disagrees',
    ]);
    rig.target.records.set('Patient', [...kept]);
    expect(await ask({ kind: 'recheck' })).toMatchObject({ total: 1, done: 1, refused: 0 });
    expect(await cause()).toMatchObject({ open: 0, total: 2, oldestDueAt: null });
    expect(await ask({ kind: 'recheck' })).toEqual(['NOTHING_OPEN']);
  });

  test('is assigned as a whole, with a history for each', async () => {
    const { rig, ask } = await lacking('assign');
    expect(await ask({ kind: 'assign', owner: 'nora' })).toMatchObject({ done: 2, refused: 0 });
    expect((await rig.exceptions()).map(({ owner, state }) => `${owner} ${state}`)).toEqual([
      'nora owned',
      'nora owned',
    ]);
    const acts = (await rig.audit()).filter(({ action }) => action === 'exception-assigned');
    expect(acts.filter(({ actor }) => actor === 'olga').length).toBeGreaterThanOrEqual(2);
    expect(await ask({ kind: 'assign', owner: ' ' })).toEqual(['OWNER_MISSING']);
  });

  test('has waivers proposed as a whole, which whoever asked for them cannot approve', async () => {
    const { rig, ask } = await lacking('waive');
    const wish = { kind: 'propose-waiver', reason: 'accepted', expiresAt: '2026-11-20T00:00:00.000Z' } as const;
    expect(await ask(wish)).toMatchObject({ done: 2, refused: 0 });
    const ids = (await rig.exceptions()).map(({ id }) => id);
    const waivers = await rig.house.store.read((em) => em.find(Waiver, { exceptionId: { $in: ids } }));
    expect(waivers).toHaveLength(2);
    for (const { digest } of waivers) {
      expect(await approveExceptionWaiver(rig.house, digest, OLGA)).toMatchObject({ ok: false });
    }
    expect((await rig.exceptions()).map(({ state }) => state)).toEqual(['open', 'open']);
  });

  test('looks records up by their keys and does not list the target', async () => {
    const { rig, ask, kept } = await lacking('by key');
    rig.target.records.set('Patient', [...kept]);
    const host = rig.house.host;
    const open = host.target.bind(host);
    const asked: string[] = [];
    Object.assign(host, {
      target: async (...given: Parameters<typeof open>) => {
        const target = await open(...given);
        const { listing } = target;
        if (listing === undefined) return target;
        const records: typeof listing.records = () => {
          throw new Error('the whole target is listed');
        };
        const recordsByKey: NonNullable<typeof listing.recordsByKey> = (type, keys, signal) => {
          asked.push(...keys);
          return listing.recordsByKey?.(type, keys, signal) ?? records(type, signal);
        };
        return { ...target, listing: { ...listing, records, recordsByKey } };
      },
    });
    expect(await ask({ kind: 'recheck' })).toMatchObject({ done: 2, refused: 0 });
    expect(asked.toSorted()).toEqual(['mrn:0001', 'mrn:0003']);
  });
});
