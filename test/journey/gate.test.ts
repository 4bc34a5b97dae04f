/** One person, in every role there is and in any order of calls, never opens the readiness gate; two people do. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import {
  buildClientSchema,
  getIntrospectionQuery,
  getNamedType,
  type GraphQLInputType,
  type GraphQLSchema,
  type IntrospectionQuery,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql';
import { openHouse, type House } from '../../cli/house.ts';
import { type Actor, ROLES, type Role } from '../../kernel/actor.ts';
import type { Json } from '../../kernel/canonical-json.ts';
import { SUBGRAPHS } from '../../kernel/event.ts';
import { derivedId } from '../../kernel/id.ts';
import { memoryPlace } from '../../plugins/memory/index.ts';
import { loadConfig } from '../../runtime/config.ts';
import { silentLog } from '../../runtime/log.ts';
import { charted, DEMANDING, planBetween } from '../inventory/programme-plan.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { poll } from '../support/graph.ts';

const person = (id: string, ...roles: readonly Role[]): Actor => ({ type: 'user', id, roles });
const MALLORY = 'mallory';
/** Nobody, each role by itself, and all of them in one hand. */
const HANDS: readonly (Actor | undefined)[] = [
  undefined,
  ...ROLES.map((role) => person(MALLORY, role)),
  person(MALLORY, ...ROLES),
  person(MALLORY, ...ROLES),
];
/** After these there is something new to name. */
const CHANGES = ['declareMigration', 'placeHold', 'confirm', 'recordExclusion'];
const migrationId = derivedId('mig', 'st-anne');
const datasetId = derivedId('ds', migrationId, 'documents');
const POLICY = `${DEMANDING.replace('approval: {', 'approval: { launch: required,')}`;
const LAX = 'name: lax';
const HOUR_MS = 3_600_000;
const ago = () => new Date(Date.now() - HOUR_MS).toISOString();

const LOOK = `query ($id: ID!) {
  migration(id: $id) { policy survey { state } readiness { state lines { ok code } } holds { id releasedBy }
    confirmations { id } datasets { nodes { survey exclusions { id } } } }
  batches(migrationId: $id) { nodes { surveyDigest state moved } } }`;

interface Seen {
  readonly migration: {
    readonly policy: string;
    readonly survey: { readonly state: string };
    readonly readiness: { readonly state: string; readonly lines: readonly { ok: boolean; code: string | null }[] };
    readonly holds: readonly { readonly id: string }[];
    readonly confirmations: readonly { readonly id: string }[];
    readonly datasets: {
      readonly nodes: readonly {
        readonly survey: string | null;
        readonly exclusions: readonly { readonly id: string }[];
      }[];
    };
  };
  readonly batches: {
    readonly nodes: readonly { readonly surveyDigest: string; readonly state: string; readonly moved: number }[];
  };
}

onEveryDialect('the readiness gate', (dialect) => {
  let place: Place;
  let house: House;
  let schema: GraphQLSchema;
  const name = randomBytes(6).toString('hex');
  const [source, target] = [memoryPlace(`source-${name}`), memoryPlace(`target-${name}`)];
  const plan = planBetween(`source-${name}`, `target-${name}`, [charted], { migration: 'st-anne' });

  beforeAll(async () => {
    place = await dialect.enter();
    const { directory, url } = place;
    const connectors = ['@waybill/connector-memory'];
    const config = loadConfig({ directory, databaseUrl: url, port: 0, connectors, environment: {} });
    house = await openHouse({ config, parts: ['gateway', ...SUBGRAPHS], log: silentLog });
    schema = buildClientSchema(await ask<IntrospectionQuery>(getIntrospectionQuery(), {}));
    source.put('documents/a.pdf', 'a');
    source.put('documents/b.pdf', 'b');
  });
  afterAll(async () => {
    await house.close();
    await place.leave();
  });

  async function ask<T>(query: string, variables: object, actor: Actor | undefined = person('rita', 'reviewer')) {
    const answer = await house.gateway?.execute({ query, variables: { ...variables } }, actor);
    if (answer?.errors) throw new Error(JSON.stringify(answer.errors));
    return answer?.data as T;
  }

  /** Calls a mutation, whatever comes back: the codes it is refused with, none when it was done. */
  async function call(mutation: string, input: object, actor: Actor | undefined): Promise<readonly unknown[]> {
    const type = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input`;
    const query = `mutation ($input: ${type}!) { ${mutation}(input: $input) { userErrors { code message } } }`;
    const answer = await house.gateway?.execute({ query, variables: { input } }, actor);
    if (answer?.errors) return answer.errors.map(({ extensions }) => extensions?.['code']);
    const data = answer?.data as Record<string, { readonly userErrors: readonly { readonly code: string }[] }>;
    return data[mutation]?.userErrors.map(({ code }) => code) ?? [];
  }

  const look = () => ask<Seen>(LOOK, { id: migrationId });
  const settled = () =>
    poll(look, ({ migration: { survey, readiness } }) => survey.state !== 'RUNNING' && readiness.state !== 'PENDING');

  const inputTypeOf = (mutation: string): GraphQLInputType => {
    const [argument] = schema.getMutationType()?.getFields()[mutation]?.args ?? [];
    if (argument === undefined) throw new Error(`${mutation} takes no input`);
    return argument.type;
  };

  /** Input that fits the type: what is known by its name, and something of its kind for everything else. */
  function inputFor(type: GraphQLInputType, field: string, known: Readonly<Record<string, Json>>): Json {
    if (field in known) return known[field] ?? null;
    if (isNonNullType(type)) return inputFor(type.ofType, field, known);
    if (isListType(type)) return [];
    if (isEnumType(type)) return type.getValues()[0]?.name ?? null;
    if (isInputObjectType(type)) {
      const members = Object.values(type.getFields()).map((each) => [each.name, inputFor(each.type, each.name, known)]);
      return Object.fromEntries(members) as Json;
    }
    return { Int: 1, Boolean: true, JSON: {} }[getNamedType(type).name] ?? 'x';
  }

  /** What an attacker can look up, and what he makes up. */
  async function known(): Promise<Readonly<Record<string, Json>>> {
    const { policy, holds, confirmations, datasets } = (await look()).migration;
    return {
      ...{ migrationId, datasetId, policy, plan, lineages: [], lineage: null, batchId: null },
      ...{ glob: 'documents/b.pdf', items: 'documents/a.pdf', happenedAt: ago(), testedAt: null, subject: 'Old EHR' },
      holdId: holds.at(-1)?.id ?? 'hold-none',
      confirmationId: confirmations.at(-1)?.id ?? 'cnf-none',
      exclusionId: datasets.nodes[0]?.exclusions[0]?.id ?? 'exc-none',
    };
  }

  /** Every mutation of the graph, one after the other. */
  async function attack(mutations: readonly string[], actor: Actor | undefined): Promise<void> {
    let facts = await known();
    for (const mutation of mutations) {
      const given = mutation === 'declareMigration' ? { ...facts, policy: LAX } : facts;
      await call(mutation, inputFor(inputTypeOf(mutation), 'input', given) as object, actor);
      if (mutation === 'confirm') {
        await call('confirm', { migrationId, kind: 'ACCESS_REVIEW', subject: 'movers', happenedAt: ago() }, actor);
      }
      if (CHANGES.includes(mutation)) facts = await known();
    }
  }

  async function expectShut(): Promise<void> {
    const { migration, batches } = await settled();
    expect(migration.readiness.state).toBe('BLOCKED');
    expect(migration.readiness.lines.map(({ code }) => code)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^POLICY_NOT_/)]),
    );
    expect(batches.nodes.filter(({ state }) => !['PLANNED', 'PROPOSED'].includes(state))).toEqual([]);
    expect(target.files.size + target.staged.size).toBe(0);
  }

  test('stays shut for one person in any role and in all of them, whatever is called in whichever order', async () => {
    const olga = person('olga', 'operator');
    expect(await call('declareMigration', { plan, policy: POLICY, lineages: [] }, olga)).toEqual([]);
    await call('surveyMigration', { migrationId }, olga);
    await settled();
    const mutations = Object.keys(schema.getMutationType()?.getFields() ?? {});
    expect(mutations).toEqual(expect.arrayContaining(['approvePolicy', 'launchBatch', 'confirm', 'placeHold']));
    // Each hand begins somewhere else, and every other one goes backwards.
    for (const [at, actor] of HANDS.entries()) {
      const start = Math.floor((at * mutations.length) / HANDS.length);
      const order = [...mutations.slice(start), ...mutations.slice(0, start)];
      await attack(at % 2 === 0 ? order : order.toReversed(), actor);
      await expectShut();
    }
  });

  test('opens for two people who each do what they may', async () => {
    const [olga, anna, rita] = [person('olga', 'operator'), person('anna', 'approver'), person('rita', 'reviewer')];
    expect(await call('declareMigration', { plan, policy: POLICY, lineages: [] }, olga)).toEqual([]);
    await call('surveyMigration', { migrationId }, olga);
    const { migration } = await settled();
    const approval = { migrationId, policy: migration.policy };
    expect(await call('proposePolicy', { migrationId }, olga)).toEqual([]);
    expect(await call('approvePolicy', approval, anna)).toEqual([]);
    expect(await call('proposeLineage', { datasetId }, olga)).toEqual([]);
    expect(await call('approveLineage', { datasetId, lineage: null }, anna)).toEqual([]);
    for (const subject of ['Old EHR', 'New EHR']) {
      await call('confirm', { migrationId, kind: 'BACKUP', subject, happenedAt: ago() }, olga);
    }
    await call('confirm', { migrationId, kind: 'ACCESS_REVIEW', subject: 'movers', happenedAt: ago() }, rita);
    expect((await settled()).migration.readiness).toMatchObject({ state: 'READY' });
    // Transfer hears of the new survey in its own time, and planning by it takes back what was asked for the old one.
    await poll(look, ({ migration: { datasets }, batches: { nodes } }) =>
      nodes.every(({ surveyDigest }) => surveyDigest === datasets.nodes[0]?.survey),
    );
    const launch = { migrationId, idempotencyKey: 'one' };
    expect(await call('proposeLaunch', { migrationId }, olga)).toEqual([]);
    expect(await call('approveLaunch', { migrationId }, anna)).toEqual([]);
    await poll(
      () => call('launchBatch', launch, olga),
      (codes) => !codes.includes('NOT_READY'),
    );
    const { batches } = await poll(look, ({ batches: { nodes } }) => nodes.every(({ moved }) => moved === 2));
    expect(batches.nodes).toHaveLength(1);
    expect(target.files.size).toBe(2);
  });
});
