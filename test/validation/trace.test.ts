/** Where an exception comes from, in one answer: masked, or revealed to those who may see, on record. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type GraphQLSchema, graphql } from 'graphql';
import type { Actor, Role } from '../../kernel/actor.ts';
import { schemaOf } from '../../subgraphs/validation/main.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { change } from './planted.ts';
import { demographics, documents } from './practice.ts';
import { Rig } from './rig.ts';

const person = (id: string, ...roles: readonly Role[]): Actor => ({ type: 'user', id, roles });
const OLGA = person('olga', 'operator');
const ADAM = person('adam', 'auditor');

const FIELDS = `exception { id sourceId } originalSha256 originalBytes excerpt map rule transform
  sources { path position digest text } expected actual targetProblem`;
const TRACE = `query($id: ID!) { exceptionTrace(id: $id) { ${FIELDS} } }`;
const REVEAL = `mutation($input: RevealExceptionInput!) {
  revealException(input: $input) { trace { ${FIELDS} } userErrors { code field } } }`;

interface Trace {
  readonly expected: string | null;
  readonly actual: readonly string[];
  readonly sources: readonly { readonly text: string }[];
  readonly rule: string | null;
  readonly excerpt: string | null;
  readonly targetProblem: string | null;
}

onEveryDialect('the trace of an exception', (dialect) => {
  let place: Place;
  let rig: Rig;
  let schema: GraphQLSchema;
  beforeAll(async () => {
    place = await dialect.enter();
    rig = await Rig.open(place);
    schema = (await schemaOf(rig.house, rig.watch)).schema;
    await rig.carryAll(demographics(), documents());
    change(rig, 'Patient', 'mrn:0004', (it) => ({ ...it, birthDate: '1973-07-09' }));
    rig.target.put('documents/one.txt', 'something else');
    await rig.work();
  });
  afterAll(() => place.leave());

  const idOf = async (field: string | null): Promise<string> => {
    const found = (await rig.exceptions()).find((each) => (each.field ?? null) === field);
    return found?.id ?? '';
  };
  const ask = async <T>(source: string, variableValues: Record<string, unknown>, actor: Actor): Promise<T> => {
    const result = await graphql({ schema, source, variableValues, contextValue: { actor } });
    if (result.errors)
      throw new Error(result.errors.map(({ extensions, message }) => extensions['code'] ?? message).join());
    return JSON.parse(JSON.stringify(result.data)) as T;
  };
  const trace = async (field: string | null, actor: Actor): Promise<Trace> =>
    (await ask<{ exceptionTrace: Trace }>(TRACE, { id: await idOf(field) }, actor)).exceptionTrace;
  const reveal = async (field: string | null, actor: Actor, reason: string) => {
    const input = { exceptionId: await idOf(field), reason };
    const answer = await ask<{ revealException: { trace: Trace | null; userErrors: { code: string }[] } }>(
      REVEAL,
      { input },
      actor,
    );
    return answer.revealException;
  };

  test('goes from the source value over the rule to what is expected and what is there, showing none', async () => {
    const traced = await trace('birthDate', ADAM);
    expect(traced).toMatchObject({ expected: '"9999-99-99"', actual: ['"9999-99-99"'], targetProblem: null });
    expect(traced.rule).not.toBeNull();
    expect(traced.sources.length).toBeGreaterThan(0);
    for (const { text } of traced.sources) expect(text).toMatch(/^[Aa9\W]*$/);
    expect(JSON.stringify(traced)).not.toMatch(/1973|mrn:0004/);
  });

  test('is revealed to an operator who says why, and who, when and why is kept', async () => {
    const { trace: traced } = await reveal('birthDate', OLGA, 'asked by the clinic');
    expect(traced?.actual).toEqual(['"1973-07-09"']);
    expect(traced?.expected).toMatch(/^"19\d\d-\d\d-\d\d"$/);
    expect(traced?.expected).not.toBe('"1973-07-09"');
    const entries = (await rig.audit()).filter(({ action }) => action === 'exception-revealed');
    expect(entries).toMatchObject([{ actor: 'olga', outcome: 'succeeded' }]);
    expect(JSON.stringify(entries)).not.toMatch(/1973|clinic/);
    const HISTORY = `query($id: ID!) { exception(id: $id) { history { action actor text } } }`;
    const { exception } = await ask<{ exception: { history: object[] } }>(
      HISTORY,
      { id: await idOf('birthDate') },
      OLGA,
    );
    expect(exception.history).toEqual([{ action: 'REVEALED', actor: 'olga', text: 'asked by the clinic' }]);
  });

  test('is revealed to nobody else and to nobody without a reason, and that is kept too', async () => {
    for (const [actor, reason, code] of [
      [ADAM, 'curious', 'ROLE_REQUIRED'],
      [person('anna', 'approver'), 'curious', 'ROLE_REQUIRED'],
      [person('eve', 'executive'), 'curious', 'ROLE_REQUIRED'],
      [OLGA, ' ', 'REASON_LENGTH'],
    ] as const) {
      expect(await reveal('birthDate', actor, reason)).toMatchObject({ trace: null, userErrors: [{ code }] });
    }
    await expect(ask(TRACE, { id: await idOf('birthDate') }, person('eve', 'executive'))).rejects.toThrow('FORBIDDEN');
    const refused = (await rig.audit()).filter(
      ({ action, outcome }) => action === 'exception-revealed' && outcome === 'refused',
    );
    expect(refused.map(({ actor, reason }) => `${actor} ${reason}`)).toEqual([
      'adam ROLE_REQUIRED',
      'anna ROLE_REQUIRED',
      'eve ROLE_REQUIRED',
      'olga REASON_LENGTH',
    ]);
  });

  test('of an item that no rule reads shows how the original begins', async () => {
    const traced = await trace(null, OLGA);
    expect(traced).toMatchObject({ rule: null, expected: null, actual: [] });
    expect(traced.excerpt).toMatch(/^[Aa9\W]+$/);
  });
});
