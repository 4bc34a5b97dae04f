/** One graph over the whole house: who may do what, what is seen live, and how an exception is closed. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildClientSchema, getIntrospectionQuery, type IntrospectionQuery } from 'graphql';
import type { Resource } from '../../plugins/peers/fhir-store.ts';
import { systemClock } from '../../kernel/clock.ts';
import { readPlanFile } from '../../subgraphs/inventory/main.ts';
import { onEveryDialect } from '../support/databases.ts';
import { poll, post, socketOf, watch, type Watcher } from '../support/graph.ts';
import {
  BATCH,
  type BatchAcross,
  CHANGED,
  type ChangedEvent,
  isHeardOf,
  PROGRESS,
  type ProgressEvent,
  RAISED,
  type RaisedEvent,
} from '../support/operations.ts';
import { GraphHouse } from './graph-house.ts';

const PATIENTS = 80;
const DATASETS = 13;
const CROWD_SOCKETS = 25;
const CROWD_PER_SOCKET = 20;
const NAMES = '{ migrations { nodes { name } } }';
/** Names that look like addresses: XML namespaces, JSON Schema identifiers, and one that never resolves. */
const NAMES_ONLY = /^(www\.w3\.org|json-schema\.org|nowhere\.invalid)$/;

onEveryDialect('the graph of a house', (dialect) => {
  let house: GraphHouse;
  let progress: readonly Watcher<ProgressEvent>[];
  let raised: Watcher<RaisedEvent>;
  let crowd: readonly Watcher<ProgressEvent>[];

  beforeAll(async () => {
    house = await GraphHouse.open(dialect, PATIENTS);
  });
  afterAll(() => house.close());

  test('answers nobody who has no token, and nobody whose token is not one of ours', async () => {
    const nobody = await post(house.url, undefined, NAMES);
    expect({ status: nobody.status, codes: nobody.codes }).toEqual({ status: 401, codes: ['UNAUTHENTICATED'] });
    const garbage = await post(house.url, 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJvbGdhIn0.', NAMES);
    expect({ status: garbage.status, codes: garbage.codes }).toEqual({ status: 401, codes: ['UNAUTHENTICATED'] });
    const silent = watch(socketOf(house.url, undefined), PROGRESS, { id: 'any' });
    expect(await silent.ended).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    const forged = watch(socketOf(house.url, 'garbage'), PROGRESS, { id: 'any' });
    expect(await forged.ended).toMatchObject({ code: 4403 });
  });

  test('describes itself, and its explorer asks nobody else for anything', async () => {
    const described = buildClientSchema(await house.ask<IntrospectionQuery>('rita', getIntrospectionQuery()));
    expect(Object.keys(described.getSubscriptionType()?.getFields() ?? {})).toEqual(
      expect.arrayContaining(['batchProgress', 'exceptionRaised', 'gateChanged', 'auditAppended']),
    );
    const page = await fetch(house.url, { headers: { accept: 'text/html' } });
    const html = await page.text();
    const hosts = [...html.matchAll(/\b(?:https?|wss?):\/\/([a-z0-9-]+(?:\.[a-z0-9-]+)+)/gi)].map(([, host]) => host);
    expect(hosts.filter((host) => !NAMES_ONLY.test(host ?? ''))).toEqual([]);
    expect(html).not.toMatch(/<(script|link|img|iframe)[^>]*(src|href)=["'](https?:)?\/\//i);
    expect(page.headers.get('content-security-policy')).toContain("connect-src 'self'");
  });

  test('declares and surveys a migration for an operator, and for nobody else', async () => {
    const read = await readPlanFile(house.world.plan);
    if (!read.ok) throw new Error(JSON.stringify(read.refusals));
    for (const person of ['anna', 'rita', 'otto'] as const)
      expect(await house.refused(person, 'declareMigration', read.value)).toEqual(['FORBIDDEN']);
    const declared = await house.as('olga')<{ migration: { id: string } }>(
      'declareMigration',
      read.value,
      'migration { id }',
    );
    expect(declared.userErrors).toEqual([]);
    const { id: migrationId } = declared.migration;
    house.migrationId = migrationId;
    expect((await house.as('olga')('surveyMigration', { migrationId })).userErrors).toEqual([]);
    const ready = await poll(
      () => house.state(),
      (found) => found?.readiness.state === 'READY',
    );
    expect(ready?.readiness.lines.every(({ ok }) => ok)).toBe(true);
    const batches = await poll(
      () => house.batches(),
      ({ length }) => length === DATASETS,
    );
    expect(batches.map((each) => each.state)).toEqual(batches.map(() => 'PLANNED'));
  });

  test('lets nobody approve his own launch, and nothing be launched unapproved', async () => {
    const input = { migrationId: house.migrationId };
    const states = async () => (await house.batches()).map((each) => each.state);
    const launch = { ...input, idempotencyKey: 'too early' };
    expect(await house.refused('anna', 'proposeLaunch', input)).toEqual(['FORBIDDEN']);
    expect((await house.as('olga')('proposeLaunch', input)).userErrors).toEqual([]);
    const early = await house.refused('olga', 'launchBatch', launch);
    expect(early.length > 0 && early.every((code) => typeof code === 'string')).toBe(true);
    const own = await house.refused('olga', 'approveLaunch', input);
    expect(own.length > 0 && own.every((code) => code === 'MAKER_IS_CHECKER' || code === 'ROLE_REQUIRED')).toBe(true);
    expect(new Set(await states())).toEqual(new Set(['PROPOSED']));
    expect((await house.as('anna')('approveLaunch', input)).userErrors).toEqual([]);
    expect(new Set(await states())).toEqual(new Set(['APPROVED']));
  });

  test('shows whoever subscribes the state of now first, with fields of every subgraph', async () => {
    const client = house.socket('rita');
    await poll(
      () => house.batches(),
      (batches) => batches.every(isHeardOf),
    );
    const watched = await Promise.all(['lab-results', 'scanned-documents'].map((name) => house.batchOf(name)));
    progress = watched.map(({ id }) => watch<ProgressEvent>(client, PROGRESS, { id }));
    raised = watch<RaisedEvent>(client, RAISED, { id: house.migrationId });
    for (const watcher of progress) {
      const [first] = await watcher.until(({ length }) => length > 0);
      expect(first?.batch).toMatchObject({ state: 'APPROVED', moved: 0, exceptions: { totalCount: 0 } });
      expect(first?.batch.dataset.tier).toEqual(expect.any(String));
      expect(first?.batch.auditTrail?.totalCount).toBeGreaterThan(0);
    }
  });

  test('holds one subscription at the subgraph for 500 subscribers of a batch', async () => {
    const { id } = await house.batchOf('lab-results');
    const [upstream, viewers] = [await house.metric('gateway_upstream'), await house.metric('gateway_viewers')];
    const sockets = Array.from({ length: CROWD_SOCKETS }, () => house.socket('otto'));
    crowd = sockets.flatMap((client) =>
      Array.from({ length: CROWD_PER_SOCKET }, () => watch<ProgressEvent>(client, PROGRESS, { id })),
    );
    await Promise.all(crowd.map((watcher) => watcher.until(({ length }) => length > 0)));
    expect(await house.metric('gateway_upstream')).toBe(upstream + 1);
    expect(await house.metric('gateway_viewers')).toBe(viewers + CROWD_SOCKETS * CROWD_PER_SOCKET);
  });

  test('launches once for one key, however often it is asked', async () => {
    const launch = { migrationId: house.migrationId, idempotencyKey: 'the one launch' };
    const fields = 'batches { id }';
    const ask = () => house.as('olga')<{ batches: { id: string }[] }>('launchBatch', launch, fields);
    // Inventory says ready a moment before transfer has heard of it.
    await poll(ask, ({ userErrors }) => userErrors.every(({ code }) => code !== 'NOT_READY'));
    for (let time = 0; time < 2; time++) {
      const launched = await ask();
      expect(launched.userErrors).toEqual([]);
      expect(launched.batches.length).toBe(DATASETS);
    }
    const log = '{ auditLog(filter: { action: "batch-launched", outcome: SUCCEEDED }) { totalCount } }';
    const count = () => house.ask<{ auditLog: { totalCount: number } }>('otto', log);
    const { auditLog } = await poll(count, ({ auditLog }) => auditLog.totalCount >= DATASETS);
    expect(auditLog.totalCount).toBe(DATASETS);
  });

  test('pauses a batch, and lets it go on by a recorded decision of an operator only', async () => {
    const { id } = await house.batchOf('scanned-documents');
    expect((await house.as('olga')('pauseBatch', { batchId: id })).userErrors).toEqual([]);
    await progress[1]?.until((seen) => seen.at(-1)?.batch.state === 'PAUSED');
    expect(await house.refused('olga', 'resumeBatch', { batchId: id, decision: ' ' })).toEqual(['DECISION_REQUIRED']);
    const decision = 'the scanner room was asked; nothing is amiss';
    for (const person of ['otto', 'anna'] as const)
      expect(await house.refused(person, 'resumeBatch', { batchId: id, decision })).toEqual(['FORBIDDEN']);
    expect((await house.as('olga')('resumeBatch', { batchId: id, decision })).userErrors).toEqual([]);
  });

  test('tells whoever watches every change, each with fields of every subgraph', async () => {
    await poll(
      () => house.state(),
      (found) => found?.reconciliation != null,
    );
    for (const watcher of [...progress, ...crowd]) {
      const seen = await watcher.until((events) => events.at(-1)?.batch.state === 'RECONCILED');
      expect(watcher.errors).toEqual([]);
      expect(new Set(seen.map(({ batch }) => batch.state)).size).toBeGreaterThan(1);
      for (const { batch } of seen) {
        expect(batch.dataset).toEqual({ id: expect.any(String), name: expect.any(String), tier: expect.any(String) });
        expect(batch.exceptions?.totalCount).toEqual(expect.any(Number));
        expect(batch.auditTrail?.nodes[0]?.action).toEqual(expect.any(String));
        expect(batch.cutover?.verdict).toMatch(/^(GO|HOLD|NO_GO)$/);
      }
      const order = seen.map(({ seq }) => seq);
      expect(order).toEqual(order.toSorted((left, right) => left - right));
    }
    expect((await house.state())?.launched).toBe(true);
  });

  test('tells of every exception once, as it is raised, and again to whoever asks since then', async () => {
    const all = await house.exceptions('rita');
    expect(all.length).toBeGreaterThan(10);
    const seen = await raised.until(({ length }) => length >= all.length);
    expect(seen.map(({ exception }) => exception.id).toSorted()).toEqual(all.map(({ id }) => id).toSorted());
    expect(raised.errors).toEqual([]);
    for (const { exception } of seen.filter(({ exception: { batch } }) => batch !== null)) {
      expect(exception.dataset).toEqual({ name: expect.any(String), tier: expect.any(String) });
      expect(exception.batch?.state).toMatch(/^(MOVING|MOVED|RECONCILED)$/);
      expect(exception.batch?.cutover?.verdict).toEqual(expect.any(String));
      expect(exception.batch?.auditTrail?.totalCount).toBeGreaterThan(0);
    }
    const again = watch<RaisedEvent>(house.socket('rita'), RAISED, { id: house.migrationId, since: seen.at(-3)?.seq });
    await again.until(({ length }) => length >= 2);
    await house.state();
    expect(again.seen.map(({ seq }) => seq)).toEqual(seen.slice(-2).map(({ seq }) => seq));
  });

  test('answers one query about a batch from all five subgraphs', async () => {
    const { id } = await house.batchOf('lab-results');
    const read = () => house.ask<{ batch: BatchAcross }>('rita', BATCH, { id });
    const { batch } = await poll(read, ({ batch: { cutover } }) => cutover?.verdict === 'NO_GO');
    expect(batch).toMatchObject({
      state: 'RECONCILED',
      dataset: { name: 'lab-results', tier: 'active-clinical' },
      exceptions: { totalCount: 3 },
      auditTrail: { totalCount: expect.any(Number), nodes: [{ action: expect.any(String) }] },
      cutover: { verdict: 'NO_GO', reason: expect.any(String) },
      dispositions: { eligible: 48, excluded: 0, failed: 0 },
      reconciliation: { records: { missingOnTarget: 0, differs: 2 } },
      reconciliationProgress: { step: 'DONE', itemsDone: 48, items: 48 },
    });
  });

  test('keeps an exception open until the data agrees, whoever has it', async () => {
    const { id: exceptionId, targetId } = await house.exceptionOf('value-mismatch');
    const assigned = await house.as('rita')<{ exception: object }>(
      'assignException',
      { exceptionId, owner: 'laboratory' },
      'exception { state owner }',
    );
    expect(assigned.exception).toEqual({ state: 'OWNED', owner: 'laboratory' });
    expect(await house.refused('otto', 'recheckException', { exceptionId })).toEqual(['FORBIDDEN']);
    expect(await house.refused('rita', 'recheckException', { exceptionId })).toEqual(['STILL_DISAGREES']);
    expect((await house.exceptions('rita')).find(({ id }) => id === exceptionId)?.state).toBe('OWNED');
    const stored = house.world.target.store.find('Observation', 'urn:waybill:source', 'obs:ORU000034:1:2');
    const [wrong] = stored.map((id) => house.world.target.store.get('Observation', id));
    if (!wrong) throw new Error(`nothing at the target; the exception is about ${targetId}`);
    const quantity = wrong['valueQuantity'] as { readonly value: number };
    house.world.target.store.replace({
      ...wrong,
      valueQuantity: { ...quantity, value: quantity.value - 10 },
    } as Resource);
    const closed = await house.as('rita')<{ exception: object }>(
      'recheckException',
      { exceptionId },
      'exception { state closedBy }',
    );
    expect(closed).toEqual({ exception: { state: 'CLOSED', closedBy: 'RECHECK' }, userErrors: [] });
  });

  test('streams what was done about it across subgraphs; whoever was cut goes on after what he saw', async () => {
    const follow = (since = 0) => watch<ChangedEvent>(house.socket('rita'), CHANGED, { id: house.migrationId, since });
    const [one] = await follow().until(({ length }) => length > 0);
    const [two] = await follow(one?.seq).until(({ length }) => length > 0);
    const dataset = { tier: 'active-clinical' };
    expect(one).toMatchObject({ seq: 1, act: { action: 'ASSIGNED' }, exception: { dataset } });
    expect(two).toMatchObject({ seq: 2, act: { action: 'RECHECKED' }, exception: { dataset } });
  });

  test('closes the exception about a record nobody sent once it is gone from the target', async () => {
    const { id: exceptionId } = await house.exceptionOf('unexpected-record');
    expect(await house.refused('olga', 'recheckException', { exceptionId })).toEqual(['STILL_DISAGREES']);
    for (const id of house.world.target.store.find('Observation', 'urn:waybill:source', 'obs:ORU999999:1:1'))
      house.world.target.store.remove('Observation', id);
    expect((await house.as('olga')('recheckException', { exceptionId })).userErrors).toEqual([]);
    expect(await house.refused('olga', 'recheckException', { exceptionId })).toEqual(['EXCEPTION_CLOSED']);
  });

  test('waives what cannot be mended by two people, and never by one', async () => {
    const { id: exceptionId } = await house.exceptionOf('orphan');
    expect(await house.refused('rita', 'recheckException', { exceptionId })).toEqual(['RECHECK_NOT_POSSIBLE']);
    const expiresAt = new Date(systemClock.now().getTime() + 30 * 86_400_000).toISOString();
    const ask = { exceptionId, reason: 'the paper record is kept', expiresAt };
    const { digest } = await house.as('rita')<{ digest: string }>('proposeWaiver', ask, 'digest');
    for (const person of ['rita', 'olga'] as const) {
      const [code, ...more] = await house.refused(person, 'approveWaiver', { digest });
      expect(`${code}${more.length}`).toMatch(/^(MAKER_IS_CHECKER|ROLE_REQUIRED)\d$/);
    }
    const fields = 'exception { state closedBy waivedUntil }';
    expect(await house.as('anna')('approveWaiver', { digest }, fields)).toEqual({
      exception: { state: 'CLOSED', closedBy: 'WAIVER', waivedUntil: expiresAt },
      userErrors: [],
    });
    const closed = (await house.exceptions('rita'))
      .filter((each) => each.state === 'CLOSED')
      .map((each) => each.category);
    expect(closed.toSorted()).toEqual(['orphan', 'unexpected-record', 'value-mismatch']);
    expect((await house.state())?.exceptionsOpen).toBe((await house.exceptions('rita')).length - closed.length);
  });

  test('shows an auditor which exceptions are about the same thing, and not about what or whom', async () => {
    const seen = await house.exceptions('rita');
    const byAuditor = await house.exceptions('otto');
    expect(byAuditor.map(({ id }) => id)).toEqual(seen.map(({ id }) => id));
    expect(seen.some(({ item }) => item?.path === 'hl7/oru/ORU000034.hl7')).toBe(true);
    expect(byAuditor.map(({ item }) => item?.path ?? null)).toEqual(byAuditor.map(() => null));
    for (const { sourceId } of byAuditor) expect(sourceId ?? '').toMatch(/^([0-9a-f]{64})?$/);
    const text = JSON.stringify(byAuditor);
    for (const { sourceId, item } of seen)
      for (const secret of [sourceId, item?.path]) if (secret) expect(text).not.toContain(`"${secret}"`);
  });

  test('ends when it is asked to', async () => {
    expect(await house.served.stop()).toBe(0);
  });
});
