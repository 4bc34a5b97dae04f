/** The same house in six processes: it moves, is cut off in the middle and goes on, and answers for what is there. */
import { demonstrationDatasets } from '../../demo/datasets.ts';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Demonstration, prepareDemonstration } from '../../demo/demonstration.ts';
import { systemClock } from '../../kernel/clock.ts';
import { SUBGRAPHS } from '../../kernel/event.ts';
import { signRequest } from '../../kernel/signature.ts';
import { readPlanFile } from '../../subgraphs/inventory/main.ts';
import { DIALECTS, type Place } from '../support/databases.ts';
import { actor, ask, poll, post, socketOf, watch } from '../support/graph.ts';
import { type Household, household } from '../support/household.ts';
import { temporaryFolders } from '../support/places.ts';
import {
  BATCH,
  type BatchAcross,
  BATCHES,
  type Batches,
  isHeardOf,
  MIGRATION,
  type MigrationState,
  PROGRESS,
  type ProgressEvent,
} from '../support/operations.ts';
import { databaseSettings, runWaybill, startWaybill } from '../support/waybill.ts';
import { SplitHouse } from './split-house.ts';

const PATIENTS = 60;
const DATASETS = demonstrationDatasets().length;
/** So many items are committed before transfer is killed, of about 140. */
const MOVED_BEFORE_THE_CUT = 5;

const postgres = DIALECTS.find(({ dialect }) => dialect === 'postgresql');
const folder = temporaryFolders();

describe('a part of a house without a server for its database', () => {
  test('does not start, and says what it needs', async () => {
    for (const part of ['transfer', 'worker']) {
      const ended = await runWaybill(['serve', part, '--data', 'data'], { directory: folder() });
      expect({ code: ended.code, said: /DATABASE_REQUIRED.*WAYBILL_DATABASE_URL/.test(ended.stderr) }).toEqual({
        code: 1,
        said: true,
      });
    }
  });

  test('does not start either when it is none', async () => {
    const ended = await runWaybill(['serve', 'transfers'], { directory: folder() });
    expect({ code: ended.code, said: /PART_UNKNOWN.*transfer/.test(ended.stderr) }).toEqual({ code: 1, said: true });
  });
});

const suite = postgres ? describe : describe.skip;
suite(`a house in six processes${postgres ? '' : ': WAYBILL_TEST_POSTGRES names no server'}`, () => {
  let place: Place;
  let home: Household;
  let house: SplitHouse;
  const worlds: Demonstration[] = [];

  beforeAll(async () => {
    if (!postgres) return;
    place = await postgres.enter();
    home = await household(place.directory);
    house = await SplitHouse.open(place);
  });
  afterAll(async () => {
    if (!postgres) return;
    await house?.close();
    for (const world of worlds) await world.close();
    await place.leave();
  });

  const batchesOf = async (id: string) =>
    (await ask<Batches>(house.url, home.tokens.olga, BATCHES, { id })).batches.nodes;
  const stateOf = async (id: string) =>
    (await ask<MigrationState>(house.url, home.tokens.olga, MIGRATION, { id })).migration;

  /** Declares a migration of a practice of its own, and takes it to where it may be launched. */
  async function approved(name: string, seed: number): Promise<string> {
    const directory = folder();
    const options = { directory, clock: systemClock, seed, patients: PATIENTS, faults: 'none' } as const;
    const world = await prepareDemonstration(options);
    worlds.push(world);
    const plan = join(directory, `${name}.yaml`);
    await writeFile(
      plan,
      (await readFile(world.plan, 'utf8')).replace('migration: demonstration', `migration: ${name}`),
    );
    const read = await readPlanFile(plan);
    if (!read.ok) throw new Error(JSON.stringify(read.refusals));
    const olga = actor(house.url, home.tokens.olga);
    const fields = 'migration { id }';
    const { migration, userErrors } = await olga<{ migration: { id: string } }>('declareMigration', read.value, fields);
    expect(userErrors).toEqual([]);
    const migrationId = migration.id;
    expect((await olga('surveyMigration', { migrationId })).userErrors).toEqual([]);
    await poll(
      () => stateOf(migrationId),
      (found) => found?.readiness.state === 'READY',
    );
    await poll(
      () => batchesOf(migrationId),
      ({ length }) => length === DATASETS,
    );
    expect((await olga('proposeLaunch', { migrationId })).userErrors).toEqual([]);
    expect((await actor(house.url, home.tokens.anna)('approveLaunch', { migrationId })).userErrors).toEqual([]);
    return migrationId;
  }

  async function launch(migrationId: string): Promise<void> {
    const input = { migrationId, idempotencyKey: `launch ${migrationId}` };
    // Inventory says ready a moment before transfer, in another process, has heard of it.
    const { userErrors } = await poll(
      () => actor(house.url, home.tokens.olga)('launchBatch', input),
      (found) => found.userErrors.every(({ code }) => code !== 'NOT_READY'),
    );
    expect(userErrors).toEqual([]);
  }

  async function expectClean(migrationId: string): Promise<void> {
    const state = await poll(
      () => stateOf(migrationId),
      (found) => found?.reconciliation != null,
    );
    expect(state?.exceptionsOpen).toBe(0);
    const batches = await poll(
      () => batchesOf(migrationId),
      (found) => found.every((each) => each.state === 'RECONCILED'),
    );
    for (const { id, moved } of batches) {
      const { batch } = await ask<{ batch: { dispositions: object } }>(house.url, home.tokens.olga, BATCH, { id });
      expect(batch.dispositions).toEqual({ eligible: moved, verified: moved, excluded: 0, quarantined: 0, failed: 0 });
    }
  }

  test('answers at its subgraphs nobody but its own gateway', async () => {
    const body = JSON.stringify({ query: '{ __typename }', variables: {} });
    const forged = signRequest(Buffer.alloc(32, 1), undefined, body, systemClock.now());
    for (const name of SUBGRAPHS) {
      for (const signature of [undefined, 'garbage', forged]) {
        const headers = { 'content-type': 'application/json', ...(signature && { 'waybill-request': signature }) };
        const response = await fetch(house.urlOf(name), { method: 'POST', headers, body });
        expect(response.status).toBe(401);
        expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
      }
      const stream = watch(socketOf(house.urlOf(name), home.tokens.olga), PROGRESS, { id: 'any' });
      expect(await stream.ended).toMatchObject({ code: 4403 });
    }
    const ready = await fetch(new URL('/readyz', house.url));
    expect({ status: ready.status, body: await ready.json() }).toEqual({
      status: 200,
      body: { ready: true, subgraphs: Object.fromEntries(SUBGRAPHS.map((name) => [name, 'reachable'])) },
    });
  });

  test('takes a migration to its end, and its evidence verifies', async () => {
    const migrationId = await approved('first', 21);
    await launch(migrationId);
    await expectClean(migrationId);
    const olga = actor(house.url, home.tokens.olga);
    expect((await olga('sealEvidence', { migrationId })).userErrors).toEqual([]);
    const query = 'query($id: ID!) { evidencePacks(migrationId: $id) { state directory problem } }';
    type Packs = { evidencePacks: readonly { state: string; directory: string }[] };
    const { evidencePacks } = await poll(
      () => ask<Packs>(house.url, home.tokens.otto, query, { id: migrationId }),
      (found) => found.evidencePacks.every((pack) => pack.state !== 'SEALING'),
    );
    const pack = join(home.data, 'evidence', evidencePacks[0]?.directory ?? '');
    const verified = await runWaybill(['verify', pack], { directory: place.directory });
    expect(`${verified.code} ${verified.stdout}${verified.stderr}`).toMatch(/^0 /);
  });

  test('loses transfer in the middle of a migration, and ends it once transfer is back', async () => {
    const migrationId = await approved('second', 22);
    const client = socketOf(house.url, home.tokens.rita);
    const watchers = (await batchesOf(migrationId)).map(({ id }) => watch<ProgressEvent>(client, PROGRESS, { id }));
    await Promise.all(watchers.map((watcher) => watcher.until(({ length }) => length > 0)));
    await launch(migrationId);
    const movedOf = (batches: readonly BatchAcross[]) => batches.reduce((sum, { moved }) => sum + moved, 0);
    await poll(
      () => batchesOf(migrationId),
      (batches) => movedOf(batches) >= MOVED_BEFORE_THE_CUT,
    );
    await house.kill('transfer');
    const cut = watchers.map((watcher) => watcher.seen.length);
    const away = await post<unknown>(house.url, home.tokens.olga, BATCHES, { id: migrationId });
    expect(away.codes).toEqual(['SUBGRAPH_UNAVAILABLE']);
    expect((await stateOf(migrationId))?.name).toBe('second');
    await house.start('transfer');
    const back = await batchesOf(migrationId);
    expect(back.some((each) => ['APPROVED', 'PACKING', 'SEALED', 'MOVING'].includes(each.state))).toBe(true);
    await expectClean(migrationId);
    for (const [at, watcher] of watchers.entries()) {
      const seen = await watcher.until((events) => events.at(-1)?.batch.state === 'RECONCILED');
      expect(seen.length).toBeGreaterThan(cut[at] ?? 0);
      for (const { batch } of seen) expect(batch.dataset.tier).toEqual(expect.any(String));
    }
    await client.dispose();
  });

  test('answers without validation for everything that is not validation’s', async () => {
    const migrationId = await approved('third', 23);
    const [batch] = await poll(
      () => batchesOf(migrationId),
      (batches) => batches.every(isHeardOf),
    );
    expect(await house.stop('validation')).toBe(0);
    const { data, codes } = await post<{ batch: BatchAcross & { reconciliation: object | null } }>(
      house.url,
      home.tokens.olga,
      BATCH,
      { id: batch?.id },
    );
    expect(codes.length > 0 && codes.every((code) => code === 'SUBGRAPH_UNAVAILABLE')).toBe(true);
    expect(data.batch).toMatchObject({
      state: 'APPROVED',
      exceptions: null,
      reconciliation: null,
      dataset: { name: expect.any(String), tier: expect.any(String) },
      auditTrail: { totalCount: expect.any(Number) },
      cutover: { verdict: expect.any(String) },
    });
    const ready = await fetch(new URL('/readyz', house.url));
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ subgraphs: { validation: 'unreachable', audit: 'reachable' } });
    await house.start('validation');
    const again = await post<unknown>(house.url, home.tokens.olga, BATCH, { id: batch?.id });
    expect(again.codes).toEqual([]);
  });

  test('takes a worker in that serves nothing, and lets it go', async () => {
    const options = { directory: place.directory, environment: databaseSettings(place) };
    const worker = startWaybill(['serve', 'worker', '--data', home.data], options);
    expect(await worker.said(/^worker/m)).not.toContain('http');
    worker.process.kill('SIGTERM');
    expect((await worker.ended).code).toBe(0);
  });

  test('ends, every process of it, when it is asked to', async () => {
    expect(await house.close()).toEqual([0, 0, 0, 0, 0, 0]);
  });
});
