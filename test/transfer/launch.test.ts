/** Nothing is launched before it is ready, and nobody approves his own request. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Actor } from '../../kernel/actor.ts';
import { approveLaunch } from '../../subgraphs/transfer/work/approve-launch.ts';
import { launchBatches } from '../../subgraphs/transfer/work/launch.ts';
import { proposeLaunch } from '../../subgraphs/transfer/work/propose-launch.ts';
import { resumeBatches } from '../../subgraphs/transfer/work/resume.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { ANNA, OLGA, PROMPT, Rig } from './rig.ts';

const BOTH: Actor = { type: 'user', id: 'olga', roles: ['operator', 'approver'] };
const STRICT = { approval: { launch: 'required' }, ...(PROMPT as object) };
const SCANS = { name: 'scans', files: { 'a.pdf': 'aaaa' } };

onEveryDialect('a launch', (dialect) => {
  let place: Place;
  let rig: Rig;

  beforeEach(async () => {
    place = await dialect.enter();
    rig = await Rig.open(place, { policy: STRICT });
    await rig.declare(SCANS);
  });
  afterEach(() => place.leave());

  const propose = (actor = OLGA) => proposeLaunch(rig.context, { batchId: rig.batchId('scans') }, actor);
  const approve = (actor: Actor) => approveLaunch(rig.context, { batchId: rig.batchId('scans') }, actor);
  const launch = (idempotencyKey = 'k') =>
    launchBatches(rig.context, { migrationId: rig.migrationId, idempotencyKey }, OLGA);
  const codes = (acted: { readonly refusals: readonly { readonly code: string }[] }) =>
    acted.refusals.map(({ code }) => code);

  test('needs a proposal, then the approval of somebody else', async () => {
    expect(codes(await launch())).toEqual(['BATCH_STATE']);
    expect(codes(await approve(ANNA))).toEqual(['BATCH_STATE']);
    expect(codes(await propose())).toEqual([]);
    expect(codes(await launch())).toEqual(['BATCH_STATE']);
    expect(codes(await approve(BOTH))).toEqual(['MAKER_IS_CHECKER']);
    expect(codes(await approve(OLGA))).toEqual(['ROLE_REQUIRED']);
    expect(codes(await approve(ANNA))).toEqual([]);
    expect((await launch()).batches).toMatchObject([{ state: 'packing' }]);
    const acts = (await rig.audit()).map(({ action, actor, outcome, reason }) => [action, actor, outcome, reason]);
    expect(acts).toEqual([
      ['batch-planned', 'service:transfer', 'succeeded', undefined],
      ['launch-approved', 'anna', 'refused', 'BATCH_STATE'],
      ['launch-proposed', 'olga', 'succeeded', undefined],
      ['launch-approved', 'olga', 'refused', 'MAKER_IS_CHECKER'],
      ['launch-approved', 'olga', 'refused', 'ROLE_REQUIRED'],
      ['launch-approved', 'anna', 'succeeded', undefined],
      ['batch-launched', 'olga', 'succeeded', undefined],
    ]);
  });

  test('that was approved is no longer approved when what would move has changed', async () => {
    await propose();
    await rig.survey({ name: 'scans', files: { 'a.pdf': 'aaaa', 'b.pdf': 'bbbb' } });
    expect(await rig.batch('scans')).toMatchObject({ state: 'planned', items: 2, request: null });
    expect(codes(await approve(ANNA))).toEqual(['BATCH_STATE']);
    await propose();
    await approve(ANNA);
    const other = await Rig.open(place, { policy: { ...STRICT, version: '2' }, database: rig.database });
    await other.declare(SCANS);
    await rig.survey({ name: 'scans', files: { 'a.pdf': 'aaaa', 'b.pdf': 'bbbb' } });
    expect(await rig.batch('scans')).toMatchObject({ state: 'planned' });
  });

  test('of another policy than the approved one has to be proposed and approved again', async () => {
    await propose();
    await approve(ANNA);
    const other = await Rig.open(place, { policy: { ...STRICT, version: '2' }, database: rig.database });
    await other.declareOnly(SCANS);
    await rig.ready();
    expect(codes(await launch())).toEqual(['BATCH_STATE']);
    expect(await rig.batch('scans')).toMatchObject({ state: 'planned', request: null, launchKey: null });
    expect(codes(await propose())).toEqual([]);
    expect(codes(await launch())).toEqual(['BATCH_STATE']);
    expect(codes(await approve(ANNA))).toEqual([]);
    expect(codes(await launch())).toEqual([]);
  });

  test('keeps the documents it was made with, and stops while others are declared', async () => {
    await propose();
    await approve(ANNA);
    await launch();
    const before = await rig.batch('scans');
    const other = await Rig.open(place, { policy: { transfer: { concurrency: 1 } }, database: rig.database });
    await other.declareOnly(SCANS);
    await rig.ready();
    await rig.work();
    const { policy, plan } = before;
    expect(await rig.batch('scans')).toMatchObject({
      state: 'paused',
      pausedCode: 'DECLARATION_CHANGED',
      policy,
      plan,
    });
    const resume = () => resumeBatches(rig.context, { batchId: rig.batchId('scans'), decision: 'go on' }, OLGA);
    expect(codes(await resume())).toEqual(['DECLARATION_CHANGED']);
    expect(rig.target.files.size).toBe(0);
    await rig.declareOnly(SCANS);
    await rig.ready();
    expect(codes(await resume())).toEqual([]);
    await rig.work();
    expect(await rig.batch('scans')).toMatchObject({ state: 'moved', moved: 1, policy, plan });
  });

  test('paused before its manifest is sealed can be planned again, and then needs another launch', async () => {
    await propose();
    await approve(ANNA);
    await launch();
    rig.source.plant({ on: 'open', effect: { kind: 'fail', code: 'AUTH_FAILED' } });
    await rig.work();
    expect(await rig.batch('scans')).toMatchObject({ state: 'paused', phase: 'packing', pausedCode: 'AUTH_FAILED' });
    rig.source.faults.clear();
    await rig.survey({ name: 'scans', files: { 'b.pdf': 'bbbb', 'c.pdf': 'cccc' } });
    expect(await rig.batch('scans')).toMatchObject({ state: 'planned', items: 2, launchKey: null, plan: null });
    expect(codes(await launch())).toEqual(['BATCH_STATE']);
    await propose();
    await approve(ANNA);
    expect(codes(await launch())).toEqual([]);
    await rig.work();
    expect(await rig.batch('scans')).toMatchObject({ state: 'moved', moved: 2 });
    expect([...rig.target.files.keys()].toSorted()).toEqual(['b.pdf', 'c.pdf']);
  });

  test('waits for readiness and says what is in the way', async () => {
    await propose();
    await approve(ANNA);
    await rig.ready(false, [{ requirement: 'owner', reason: 'scans has none' }]);
    const { refusals } = await launch();
    expect(refusals).toMatchObject([{ code: 'NOT_READY', message: expect.stringContaining('scans has none') }]);
    await rig.ready();
    expect(codes(await launch())).toEqual([]);
  });

  test('asked for twice with one key happens once', async () => {
    await propose();
    await approve(ANNA);
    expect(codes(await launch('k'))).toEqual([]);
    expect((await launch('k')).batches).toMatchObject([{ state: 'packing' }]);
    expect(codes(await launch('other'))).toEqual(['NO_BATCHES']);
    expect((await rig.audit()).filter(({ action }) => action === 'batch-launched')).toHaveLength(1);
  });

  test('that the policy asks no approval for follows planning, and the record says so', async () => {
    const free = await Rig.open(place, { name: 'free', database: rig.database });
    await free.declare(SCANS);
    await free.launch();
    expect((await rig.audit()).filter(({ action }) => action === 'batch-launched')).toMatchObject([
      { reason: 'the policy asks for no approval of launches' },
    ]);
  });

  test('of a whole migration begins with the riskiest tier', async () => {
    const free = await Rig.open(place, { name: 'free', database: rig.database });
    const of = (name: string, tier: string) => ({ name, tier, files: { a: name } });
    await free.declare(
      of('archive', 'compliance-archive'),
      of('labs', 'active-clinical'),
      of('claims', 'financially-sensitive'),
    );
    await free.launch();
    const begun: string[] = [];
    for (let at = 0; at < 3; at++) {
      const held = await free.take();
      begun.push(`${(held?.job.payload as { batchId: string }).batchId}`);
    }
    expect(begun).toEqual(['labs', 'claims', 'archive'].map((name) => free.batchId(name)));
  });

  test('must say which batches are meant', async () => {
    const asked = (choice: object) => proposeLaunch(rig.context, choice, OLGA).then(codes);
    expect(await asked({})).toEqual(['CHOICE_REQUIRED']);
    expect(await asked({ batchId: 'a', migrationId: 'b' })).toEqual(['CHOICE_REQUIRED']);
    expect(await asked({ batchId: 'bat-nothing' })).toEqual(['BATCH_UNKNOWN']);
    expect(await asked({ migrationId: 'mig-nothing' })).toEqual(['NO_BATCHES']);
  });
});
