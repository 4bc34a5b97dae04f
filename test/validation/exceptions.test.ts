/** The queue of exceptions: closed by looking again, or by two people; never by saying so. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Actor } from '../../kernel/actor.ts';
import { fixedClock } from '../../kernel/clock.ts';
import type { Database } from '../../runtime/database.ts';
import { batchOf } from '../../subgraphs/validation/store/copies.ts';
import { exceptionOf } from '../../subgraphs/validation/store/exceptions.ts';
import { validationStore } from '../../subgraphs/validation/store/store.ts';
import {
  approveExceptionWaiver,
  assignException,
  proposeExceptionWaiver,
  recheckException,
} from '../../subgraphs/validation/work/act-on-exception.ts';
import { stateAt } from '../../subgraphs/validation/domain/exception.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { AT_SOURCE } from './planted-at-source.ts';
import { AT_TARGET } from './planted-at-target.ts';
import { change, datasetsOf, lose, type Planted } from './planted.ts';
import { demographics, documents, INDEX } from './practice.ts';
import { NOON, Rig } from './rig.ts';

const OLGA: Actor = { type: 'user', id: 'olga', roles: ['operator', 'approver'] };
const ANNA: Actor = { type: 'user', id: 'anna', roles: ['approver'] };
const NOW = AbortSignal.timeout(600_000);

onEveryDialect('an exception', (dialect) => {
  let place: Place;
  let database: Database;
  beforeAll(async () => {
    place = await dialect.enter();
    database = await place.open([validationStore]);
  });
  afterAll(() => place.leave());

  const one = async (rig: Rig) => {
    const [exception, ...others] = await rig.exceptions();
    if (exception === undefined || others.length > 0) throw new Error(`${others.length + 1} exceptions`);
    return exceptionOf(exception);
  };
  const codes = (outcome: { readonly ok: boolean; readonly refusals?: readonly { readonly code: string }[] }) =>
    outcome.refusals?.map(({ code }) => code) ?? 'granted';
  const planted = async (name: string, given: Planted): Promise<Rig> => {
    const rig = await Rig.open(place, { database, name: `recheck ${name}` });
    await rig.carryAll(...datasetsOf(given));
    given.spoil?.(rig);
    await rig.work();
    return rig;
  };

  const atTarget = Object.entries(AT_TARGET).filter(([, { found }]) => found.length === 1);
  test.each(atTarget)('about %s stays while it is so, and closes once it is mended', async (name, given) => {
    const datasets = datasetsOf(given);
    const rig = await planted(name, given);
    const { id, category } = await one(rig);
    expect(codes(await recheckException(rig.house, id, OLGA, NOW))).toEqual(['STILL_DISAGREES']);
    rig.target.files.clear();
    rig.target.records.clear();
    rig.target.faults.clear();
    rig.target.showsChart = (records) => records;
    for (const dataset of datasets) await rig.carry(dataset);
    expect(codes(await recheckException(rig.house, id, OLGA, NOW))).toBe('granted');
    expect(await one(rig)).toMatchObject({ state: 'closed', closedBy: 'recheck' });
    expect(await rig.unverified(datasets)).toEqual([]);
    const closed = (await rig.events('validation.exception-closed.v1')) as { exceptionId: string; by: string }[];
    expect(closed.filter(({ exceptionId }) => exceptionId === id)).toEqual([{ exceptionId: id, by: 'recheck' }]);
    expect(codes(await recheckException(rig.house, id, OLGA, NOW))).toEqual(['EXCEPTION_CLOSED']);
    expect(category).toBeDefined();
  });

  const atSource = Object.entries(AT_SOURCE).filter(([, { found }]) => found.length === 1);
  test.each(atSource)('about %s is not closed by looking again: the original does not change', async (name, given) => {
    const rig = await planted(name, given);
    const { id } = await one(rig);
    const outcome = codes(await recheckException(rig.house, id, OLGA, NOW));
    expect([['RECHECK_NOT_POSSIBLE'], ['STILL_DISAGREES']]).toContainEqual(outcome);
    expect(await one(rig)).toMatchObject({ state: 'open' });
  });

  test('is not closed when the record differs in another way than before', async () => {
    const rig = await Rig.open(place, { database, name: 'other way' });
    await rig.carryAll(demographics());
    lose(rig, 'Patient', 'mrn:0001');
    await rig.work();
    const { id } = await one(rig);
    rig.target.addRecord('Patient', 'mrn:0001', { resourceType: 'Patient', gender: 'male' });
    expect(codes(await recheckException(rig.house, id, OLGA, NOW))).toEqual(['STILL_DISAGREES']);
  });

  test('of one field closes when that field agrees, whatever else differs', async () => {
    const rig = await Rig.open(place, { database, name: 'one field' });
    await rig.carryAll(demographics());
    change(rig, 'Patient', 'mrn:0004', (it) => ({
      ...it,
      name: [{ family: 'Ziel', given: ['Maria'] }],
      gender: 'male',
    }));
    await rig.work();
    const [gender, name] = (await rig.exceptions()).toSorted((a, b) => ((a.field ?? '') < (b.field ?? '') ? -1 : 1));
    change(rig, 'Patient', 'mrn:0004', (it) => ({ ...it, gender: 'female' }));
    expect(codes(await recheckException(rig.house, gender?.id ?? '', OLGA, NOW))).toBe('granted');
    expect(codes(await recheckException(rig.house, name?.id ?? '', OLGA, NOW))).toEqual(['STILL_DISAGREES']);
    expect(await rig.unverified([demographics()])).toEqual(['demographics csv/patients-2.csv']);
  });

  test('is waived by two people until the waiver ends, and its item is never called verified', async () => {
    const clock = fixedClock(NOON);
    const rig = await Rig.open(place, { database, name: 'waived', clock });
    const datasets = [documents({ 'documents/index.csv': `${INDEX}D3,0003,three.txt\n` })];
    await rig.carryAll(...datasets);
    await rig.work();
    const { id } = await one(rig);
    expect(codes(await assignException(rig.house, id, 'nora', OLGA))).toBe('granted');
    const asked = { reason: 'the paper original was lost in 1998', expiresAt: new Date('2026-11-08T12:00:00Z') };
    const proposed = await proposeExceptionWaiver(rig.house, id, asked, OLGA);
    const digest = proposed.ok ? proposed.value.digest : '';
    expect(codes(await approveExceptionWaiver(rig.house, digest, OLGA))).toEqual(['MAKER_IS_CHECKER']);
    expect(codes(await approveExceptionWaiver(rig.house, 'f'.repeat(64), ANNA))).toEqual(['WAIVER_UNKNOWN']);
    expect(codes(await approveExceptionWaiver(rig.house, digest, ANNA))).toBe('granted');
    expect(stateAt(await one(rig), clock.now())).toBe('closed');
    expect(await rig.unverified(datasets)).toEqual(['documents documents/index.csv']);
    clock.advance(8 * 86_400_000);
    expect(stateAt(await one(rig), clock.now())).toBe('open');
    expect(codes(await assignException(rig.house, id, 'nora', OLGA))).toBe('granted');
    const acts = (await rig.audit()).filter(({ subject }) => subject === id);
    expect(acts.map(({ action, actor, outcome }) => `${action} ${actor} ${outcome}`)).toEqual([
      'exception-raised service:validation succeeded',
      'exception-assigned olga succeeded',
      'waiver-proposed olga succeeded',
      'waiver-approved olga refused',
      'waiver-approved anna succeeded',
      'exception-assigned olga succeeded',
    ]);
    const { dispositions } = await rig.house.store.read((em) => batchOf(em, rig.batchId('documents')));
    expect(dispositions).toEqual({ eligible: 3, verified: 2, excluded: 0, quarantined: 1, failed: 0 });
  });

  test('that nobody raised is refused', async () => {
    const rig = await Rig.open(place, { database, name: 'none' });
    expect(codes(await recheckException(rig.house, 'exc-none', OLGA, NOW))).toEqual(['EXCEPTION_UNKNOWN']);
    expect(codes(await assignException(rig.house, 'exc-none', 'nora', OLGA))).toEqual(['EXCEPTION_UNKNOWN']);
  });
});
