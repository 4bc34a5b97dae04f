/** What the graph shows of batches and lets people do to them. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { graphql, type GraphQLSchema, parse, subscribe } from 'graphql';
import type { Actor } from '../../kernel/actor.ts';
import { Bandwidth } from '../../runtime/bandwidth.ts';
import { loadConfig } from '../../runtime/config.ts';
import { startWorkers, type Workers } from '../../runtime/jobs.ts';
import { openKeys } from '../../runtime/keys.ts';
import type { OpenSubgraph } from '../../runtime/subgraph.ts';
import { transfer } from '../../subgraphs/transfer/main.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { ANNA, OLGA, PROMPT, Rig } from './rig.ts';

const FILES = { 'a.pdf': 'aaaa', 'b.pdf': 'bbbb' };
const ACT = 'batch { id state } batches { id } userErrors { code message field remedy }';
const WATCH = `subscription ($id: ID! ) {
  batchProgress(batchId: $id) { seq at itemsMoved bytesMoved itemsPerSecond eta
    batch { id state moved dataset { id } } }
}`;

interface Progress {
  readonly seq: number;
  readonly itemsMoved: number;
  readonly batch: { readonly state: string; readonly moved: number };
}

onEveryDialect('the graph of transfer', (dialect) => {
  let place: Place;
  let rig: Rig;
  let open: OpenSubgraph;
  let workers: Workers | undefined;

  beforeEach(async () => {
    place = await dialect.enter();
    rig = await Rig.open(place, { policy: { approval: { launch: 'required' }, ...(PROMPT as object) } });
    const { strongroom, clock, random, log, metrics } = rig.context;
    const config = loadConfig({
      directory: place.directory,
      connectors: ['@waybill/connector-memory'],
      environment: {},
    });
    const keys = openKeys(place.directory);
    open = await transfer.open({
      ...{ strongroom, clock, random, log, metrics, config, keys },
      bandwidth: new Bandwidth({ clock }),
      database: rig.database,
    });
  });
  afterEach(async () => {
    await workers?.close();
    workers = undefined;
    await open.close();
    await place.leave();
  });

  const work = async () => {
    const { log, metrics } = rig.context;
    workers ??= startWorkers({ database: rig.database, jobs: { transfer: open.jobs }, log, metrics });
    await workers.settled();
  };
  const ask = async (source: string, variableValues: Record<string, unknown> = {}, actor: Actor | undefined = OLGA) => {
    const schema: GraphQLSchema = open.schema;
    const { data, errors } = await graphql({ schema, source, variableValues, contextValue: { actor } });
    return { data: JSON.parse(JSON.stringify(data ?? {})), codes: errors?.map(({ extensions }) => extensions['code']) };
  };
  const act = async (name: string, input: string, actor: Actor | undefined = OLGA) => {
    const { data, codes } = await ask(`mutation { ${name}(input: {${input}}) { ${ACT} } }`, {}, actor);
    return { ...data?.[name], codes };
  };

  test('takes a batch from its proposal to its record', async () => {
    await rig.declare({ name: 'scans', files: FILES });
    const all = `migrationId: "${rig.migrationId}"`;
    expect(await act('proposeLaunch', all)).toMatchObject({ batch: { state: 'PROPOSED' }, userErrors: [] });
    expect(await act('approveLaunch', all, { ...ANNA, id: 'olga' })).toMatchObject({
      batch: null,
      userErrors: [{ code: 'MAKER_IS_CHECKER', remedy: expect.stringContaining('another approver') }],
    });
    expect(await act('approveLaunch', all, ANNA)).toMatchObject({ batch: { state: 'APPROVED' }, userErrors: [] });
    expect(await act('launchBatch', `${all}, idempotencyKey: "k"`)).toMatchObject({ batch: { state: 'PACKING' } });
    await work();
    const { data } = await ask(
      `query ($id: ID! ) { batch(id: $id) { state items bytes moved bytesMoved setAside failed
      percent paused { code } manifestDigest recordDigest totals { items bytes } dispositions { verified }
      launchRequest { proposedBy approvedBy } progress { itemsMoved eta } dataset { id } migration { id } } }`,
      {
        id: rig.batchId('scans'),
      },
    );
    expect(data.batch).toMatchObject({
      ...{ state: 'MOVED', items: 2, bytes: 8, moved: 2, bytesMoved: 8, setAside: 0, failed: 0, percent: 100 },
      ...{ paused: null, dispositions: null, totals: { items: 2, bytes: 8 } },
      launchRequest: { proposedBy: 'olga', approvedBy: 'anna' },
      progress: { itemsMoved: 2, eta: null },
      dataset: { id: rig.datasetId('scans') },
      migration: { id: rig.migrationId },
    });
  });

  test('lists batches in pages, riskiest tier first', async () => {
    const of = (name: string, tier: string) => ({ name, tier, files: {} });
    await rig.declare(of('c', 'compliance-archive'), of('a', 'active-clinical'), of('b', 'financially-sensitive'));
    const page = `query ($after: String, $states: [BatchState! ]! ) {
      batches(migrationId: "${rig.migrationId}", first: 2, after: $after, filter: { state: { in: $states } }) {
        nodes { id } pageInfo { hasNextPage hasPreviousPage endCursor } totalCount } }`;
    const states = ['PLANNED'];
    const first = (await ask(page, { states })).data.batches;
    expect(first).toMatchObject({
      nodes: [{ id: rig.batchId('a') }, { id: rig.batchId('b') }],
      pageInfo: { hasNextPage: true, hasPreviousPage: false },
      totalCount: 3,
    });
    const second = (await ask(page, { states, after: first.pageInfo.endCursor })).data.batches;
    expect(second).toMatchObject({
      nodes: [{ id: rig.batchId('c') }],
      pageInfo: { hasNextPage: false, hasPreviousPage: true },
    });
    expect((await ask(page, { states: ['MOVED'] })).data.batches).toMatchObject({ nodes: [], totalCount: 0 });
    expect((await ask(page, { states, after: 'nonsense' })).codes).toEqual(['BAD_USER_INPUT']);
    expect((await ask('{ batches(first: 251) { totalCount } }')).codes).toEqual(['BAD_USER_INPUT']);
  });

  test('lets nobody act without the role, and records who tried', async () => {
    await rig.declare({ name: 'scans', files: FILES });
    const all = `batchId: "${rig.batchId('scans')}"`;
    const auditor: Actor = { type: 'user', id: 'otto', roles: ['auditor'] };
    for (const [name, input] of [
      ['proposeLaunch', all],
      ['approveLaunch', all],
      ['launchBatch', `${all}, idempotencyKey: "k"`],
      ['pauseBatch', all],
      ['resumeBatch', `${all}, decision: "go"`],
    ] as const) {
      expect((await act(name, input, auditor)).codes).toEqual(['FORBIDDEN']);
      const nobody = await graphql({
        schema: open.schema,
        source: `mutation { ${name}(input: {${input}}) { ${ACT} } }`,
        contextValue: { actor: undefined },
      });
      expect(nobody.errors?.map(({ extensions }) => extensions['code'])).toEqual(['UNAUTHENTICATED']);
    }
    const tried = (await rig.audit()).filter(({ outcome }) => outcome === 'refused');
    expect(tried.map(({ action, actor, reason }) => [action, actor, reason])).toEqual(
      ['launch-proposed', 'launch-approved', 'batch-launched', 'batch-paused', 'batch-resumed'].map((action) => [
        action,
        'otto',
        'FORBIDDEN',
      ]),
    );
    expect((await rig.batch('scans')).state).toBe('planned');
  });

  test('shows a watcher the state first, then how it changes, to the end of the phase', async () => {
    await rig.declare({ name: 'scans', files: FILES });
    const id = rig.batchId('scans');
    const values = await subscribe({
      schema: open.schema,
      document: parse(WATCH),
      variableValues: { id },
      contextValue: { actor: undefined },
    });
    if (!(Symbol.asyncIterator in values)) throw new Error(JSON.stringify(values));
    const seen: Progress[] = [];
    const watching = (async () => {
      for await (const { data } of values) {
        const progress = data?.['batchProgress'] as Progress;
        seen.push(progress);
        if (progress.batch.state === 'MOVED') return;
      }
    })();
    while (seen.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await act('proposeLaunch', `batchId: "${id}"`);
    await act('approveLaunch', `batchId: "${id}"`, ANNA);
    await act('launchBatch', `batchId: "${id}", idempotencyKey: "k"`);
    await work();
    await watching;
    expect(seen[0]).toMatchObject({ batch: { state: 'PLANNED', moved: 0 } });
    expect(seen.at(-1)).toMatchObject({ itemsMoved: 2, batch: { state: 'MOVED', moved: 2 } });
    expect(seen.map(({ seq }) => seq)).toEqual(seen.map(({ seq }) => seq).toSorted((a, b) => a - b));
  });
});

test('the text of the schema needs no database', async () => {
  const sdl = await transfer.sdl();
  expect(sdl).toContain('type Batch @key(fields: "id")');
  expect(sdl).toContain('batchProgress(batchId: ID!): BatchProgress!');
});
