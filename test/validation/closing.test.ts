/** What closes an exception and what opens it again; that it happens once, and that it is told. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type GraphQLSchema, graphql } from 'graphql';
import { type Actor, ROLES, type Role } from '../../kernel/actor.ts';
import { fixedClock } from '../../kernel/clock.ts';
import type { Database } from '../../runtime/database.ts';
import { schemaOf } from '../../subgraphs/validation/main.ts';
import { exceptionOf } from '../../subgraphs/validation/store/exceptions.ts';
import { validationStore } from '../../subgraphs/validation/store/store.ts';
import { ExceptionAct } from '../../subgraphs/validation/store/tables.ts';
import {
  approveExceptionWaiver,
  assignException,
  commentException,
  proposeExceptionWaiver,
  recheckException,
} from '../../subgraphs/validation/work/act-on-exception.ts';
import { standingTimetable } from '../../subgraphs/validation/work/keep-standing.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { lose } from './planted.ts';
import { demographics } from './practice.ts';
import { NOON, Rig } from './rig.ts';

const person = (id: string, ...roles: readonly Role[]): Actor => ({ type: 'user', id, roles });
const OLGA = person('olga', 'operator', 'approver');
const ANNA = person('anna', 'approver');
const NOW = AbortSignal.timeout(600_000);
const DAY_MS = 86_400_000;
const RACERS = 100;

onEveryDialect('closing an exception', (dialect) => {
  let place: Place;
  let database: Database;
  const clock = fixedClock(NOON);
  beforeAll(async () => {
    place = await dialect.enter();
    database = await place.open([validationStore], clock);
  });
  afterAll(() => place.leave());

  /** A migration that lacks one patient at the target. */
  const lacking = async (name: string) => {
    const rig = await Rig.open(place, { database, name, clock });
    await rig.carryAll(demographics());
    const kept = new Map(rig.target.records);
    lose(rig, 'Patient', 'mrn:0001');
    await rig.work();
    const one = async () => {
      const [row, ...others] = await rig.exceptions();
      if (row === undefined || others.length > 0) throw new Error(`${others.length + 1} exceptions`);
      return exceptionOf(row);
    };
    const mend = () => {
      for (const [id, record] of kept) rig.target.records.set(id, record);
    };
    const acts = async () => {
      const { id } = await one();
      const rows = await rig.house.store.read((em) =>
        em.find(ExceptionAct, { exceptionId: id }, { orderBy: { number: 'asc' } }),
      );
      return rows.map(({ action, actor, state }) => `${action} ${actor} ${state}`);
    };
    const told = async (type: 'closed' | 'reopened') => {
      const { id } = await one();
      const events = await rig.events(`validation.exception-${type}.v1`);
      return (events as { readonly exceptionId: string }[]).filter(({ exceptionId }) => exceptionId === id).length;
    };
    return { rig, house: rig.house, id: (await one()).id, one, mend, acts, told };
  };

  test('is done once, however many try at the same time', async () => {
    const { house, id, mend, one, acts, told } = await lacking('race');
    mend();
    const asked = { reason: 'accepted', expiresAt: new Date(NOON.getTime() + DAY_MS) };
    const proposed = await proposeExceptionWaiver(house, id, asked, OLGA);
    const digest = proposed.ok ? proposed.value.digest : '';
    const racers = Array.from({ length: RACERS }, (_, at) =>
      at % 2 === 0 ? recheckException(house, id, OLGA, NOW) : approveExceptionWaiver(house, digest, ANNA),
    );
    const outcomes = await Promise.all(racers);
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    const codes = outcomes.flatMap((outcome) => (outcome.ok ? [] : outcome.refusals.map(({ code }) => code)));
    expect(new Set(codes)).toEqual(new Set(['EXCEPTION_CLOSED']));
    expect(await one()).toMatchObject({ state: 'closed' });
    expect(await acts()).toHaveLength(2);
    expect(await told('closed')).toBe(1);
  });

  test('by a waiver ends with the waiver: it is opened again by the clock, once', async () => {
    const { rig, house, id, one, acts, told } = await lacking('waiver');
    const asked = { reason: 'accepted', expiresAt: new Date(clock.now().getTime() + DAY_MS) };
    const proposed = await proposeExceptionWaiver(house, id, asked, OLGA);
    await approveExceptionWaiver(house, proposed.ok ? proposed.value.digest : '', ANNA);
    const timetable = standingTimetable(house);
    const tick = async () => {
      await timetable.tick();
      await rig.work();
    };
    await tick();
    expect(await one()).toMatchObject({ state: 'closed', closedBy: 'waiver' });
    clock.advance(DAY_MS);
    await tick();
    await tick();
    expect(await one()).toMatchObject({ state: 'open', closedBy: null, waivedUntil: null });
    expect(await told('reopened')).toBe(1);
    expect(await acts()).toEqual([
      'waiver-proposed olga open',
      'waiver-approved anna closed',
      'exception-reopened service:validation open',
    ]);
  });

  test('by looking again ends when a later reconciliation disagrees again', async () => {
    const { rig, house, id, one, mend, acts, told } = await lacking('again');
    mend();
    expect((await recheckException(house, id, OLGA, NOW)).ok).toBe(true);
    lose(rig, 'Patient', 'mrn:0001');
    await rig.moved(demographics());
    await rig.work();
    expect(await one()).toMatchObject({ state: 'open', closedBy: null });
    expect(await told('reopened')).toBe(1);
    expect(await acts()).toEqual(['exception-rechecked olga closed', 'exception-reopened service:validation open']);
  });

  test('what was found by looking again is kept, also when it stays open', async () => {
    const { house, id, one } = await lacking('looked at');
    expect((await recheckException(house, id, OLGA, NOW)).ok).toBe(false);
    expect(await one()).toMatchObject({ state: 'open', recheckFound: 'disagrees', recheckedAt: clock.now() });
  });

  test('comments are kept with who and when, and have a length', async () => {
    const { house, id, acts, rig } = await lacking('comments');
    expect((await commentException(house, id, '  asked the laboratory ', OLGA)).ok).toBe(true);
    for (const text of [' ', 'x'.repeat(2001)]) {
      expect(await commentException(house, id, text, OLGA)).toMatchObject({ refusals: [{ code: 'COMMENT_LENGTH' }] });
    }
    expect(await acts()).toEqual(['exception-commented olga open']);
    const entries = (await rig.audit()).filter(({ subject, action }) => subject === id && action.endsWith('commented'));
    expect(entries.map(({ outcome }) => outcome)).toEqual(['succeeded', 'refused']);
    expect(JSON.stringify(entries)).not.toContain('laboratory');
  });

  test('those that nobody answers for and those that are late are told, and told again when it changes', async () => {
    const { rig, house, id } = await lacking('neglected');
    const told = async () =>
      (await rig.events('validation.exception-standing-changed.v1'))
        .filter((event) => (event as { migrationId: string }).migrationId === rig.migrationId)
        .map((event) => event as { unowned: number; overdue: number })
        .map(({ unowned, overdue }) => `${unowned} ${overdue}`);
    const before = await told();
    clock.advance(30 * DAY_MS);
    await standingTimetable(house).tick();
    await rig.work();
    expect(await told()).toEqual([...before, expect.stringMatching(/ 1$/)]);
    const isUnowned = (await rig.exceptions())[0]?.owner == null;
    await assignException(house, id, 'nora', OLGA);
    await rig.work();
    expect((await told()).at(-1)).toBe('0 1');
    expect(await told()).toHaveLength(before.length + (isUnowned ? 2 : 1));
  });

  test('is not done by any one person in any role, whatever is called in whichever order', async () => {
    const { rig, house, id, one } = await lacking('attack');
    const schema: GraphQLSchema = (await schemaOf(house, rig.watch)).schema;
    const known = {
      exceptionId: id,
      owner: 'x',
      text: 'x',
      reason: 'x',
      expiresAt: '2026-12-24T00:00:00Z',
      digest: '',
    };
    const call = async (name: string, actor: Actor | undefined) => {
      const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
      const members = Object.keys(
        (schema.getType(type) as unknown as { getFields(): Record<string, unknown> }).getFields(),
      );
      const input = Object.fromEntries(members.map((member) => [member, { ...known }[member] ?? null]));
      const source = `mutation ($input: ${type}!) { answer: ${name}(input: $input) {
        userErrors { code } ${name === 'proposeWaiver' ? 'digest' : ''} } }`;
      const { data } = await graphql({ schema, source, variableValues: { input }, contextValue: { actor } });
      const digest = (data?.['answer'] as { digest?: string } | undefined)?.digest;
      if (digest) known.digest = digest;
    };
    const mutations = Object.keys(schema.getMutationType()?.getFields() ?? {}).filter((name) => name !== '_');
    expect(mutations).toEqual(expect.arrayContaining(['approveWaiver', 'recheckException', 'commentException']));
    const hands = [undefined, ...ROLES.map((role) => person('mallory', role)), person('mallory', ...ROLES)];
    for (const [at, actor] of hands.entries()) {
      const start = (at * 3) % mutations.length;
      const order = [...mutations.slice(start), ...mutations.slice(0, start)];
      for (const name of at % 2 === 0 ? order : order.toReversed()) await call(name, actor);
      for (const name of order) await call(name, actor);
      expect((await one()).state).not.toBe('closed');
    }
    expect(known.digest).not.toBe('');
  });
});
