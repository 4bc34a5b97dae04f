/** A failure pauses the batch and says why; only a recorded decision lets it go on. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { pauseBatches } from '../../subgraphs/transfer/work/pause.ts';
import { resumeBatches } from '../../subgraphs/transfer/work/resume.ts';
import { Decision } from '../../subgraphs/transfer/store/tables.ts';
import { ANNA, OLGA, Rig } from './rig.ts';

const FILES = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`smith-john/${at}.pdf`, `text ${at}`]));

onEveryDialect('a batch', (dialect) => {
  let place: Place;
  let rig: Rig;

  beforeEach(async () => {
    place = await dialect.enter();
    rig = await Rig.open(place);
    await rig.declare({ name: 'scans', files: FILES });
    await rig.launch();
  });
  afterEach(() => place.leave());

  const resume = (decision: string, actor = OLGA) =>
    resumeBatches(rig.context, { batchId: rig.batchId('scans'), decision }, actor);

  describe('is paused', () => {
    test.each([['UNAVAILABLE'], ['AUTH_FAILED'], ['PEER_NOT_TRUSTED'], ['SPACE_EXHAUSTED']] as const)(
      'by %s at the target, and goes on where it stopped after a decision',
      async (code) => {
        rig.target.plant({ on: 'stage', path: 'smith-john/5.pdf', effect: { kind: 'fail', code } });
        await rig.work();
        const paused = await rig.batch('scans');
        expect(paused).toMatchObject({ state: 'paused', pausedCode: code, setAside: 0, failed: 0 });
        expect(paused.moved).toBeGreaterThan(0);
        expect(paused.pausedSubject).toBe(rig.itemId('scans', 'smith-john/5.pdf'));
        const events = await rig.events('transfer.batch-paused.v1');
        expect(events).toMatchObject([{ batchId: rig.batchId('scans'), code, subject: paused.pausedSubject }]);
        expect(JSON.stringify([events, await rig.audit()])).not.toMatch(/smith|john/);
        rig.target.faults.clear();
        expect((await resume('looked at the target: it is back')).refusals).toEqual([]);
        await rig.work();
        expect(await rig.batch('scans')).toMatchObject({ state: 'moved', moved: 12 });
        expect(rig.target.files.size).toBe(12);
        expect((await rig.audit()).filter(({ action }) => action === 'item-committed')).toHaveLength(12);
      },
    );

    test('when the source cannot be reached while packing, and packs only what is missing afterwards', async () => {
      rig.source.plant({ on: 'read', path: 'smith-john/5.pdf', effect: { kind: 'fail', code: 'UNAVAILABLE' } });
      await rig.work();
      const paused = await rig.batch('scans');
      expect(paused).toMatchObject({ state: 'paused', phase: 'packing', pausedCode: 'UNAVAILABLE' });
      rig.source.faults.clear();
      await resume('the source is back');
      let reads = 0;
      await rig.workOnce(rig.watched((call) => void (call === 'source.read before' && (reads += 1))));
      expect(reads).toBe(12 - paused.packed);
      await rig.work();
      expect(await rig.batch('scans')).toMatchObject({ state: 'moved', moved: 12 });
    });

    test('when an end does not open at all', async () => {
      rig.target.plant({ on: 'open', effect: { kind: 'fail', code: 'PEER_NOT_TRUSTED' } });
      await rig.work();
      expect(await rig.batch('scans')).toMatchObject({ state: 'paused', pausedCode: 'PEER_NOT_TRUSTED', moved: 0 });
    });

    test('by a connector that fails in a way nobody foresaw', async () => {
      rig.target.plant({ on: 'commit', nth: 3, effect: { kind: 'defect', message: 'undefined is not a function' } });
      await rig.work();
      expect(await rig.batch('scans')).toMatchObject({ state: 'paused', pausedCode: 'CONNECTOR_DEFECT' });
    });
  });

  test('that an operator pauses stops within the items under way', async () => {
    await rig.workOnce();
    let pausing: ReturnType<typeof pauseBatches> | undefined;
    const held = await rig.take();
    const context = rig.watched((call) => {
      if (call === 'target.open') pausing = pauseBatches(rig.context, { batchId: rig.batchId('scans') }, OLGA);
    });
    await held?.run(context);
    const refusals = (await pausing)?.refusals;
    const batch = await rig.batch('scans');
    expect(refusals).toEqual([]);
    expect(batch).toMatchObject({ state: 'paused', pausedCode: 'PAUSED_BY_OPERATOR', pausedSubject: null });
    expect(batch.moved).toBeLessThan(12);
    expect(rig.target.files.size).toBe(batch.moved);
  });

  test('resumes only for an operator, only with a decision, and only when it is paused', async () => {
    expect((await resume('why not')).refusals).toMatchObject([{ code: 'BATCH_STATE' }]);
    await pauseBatches(rig.context, { batchId: rig.batchId('scans') }, OLGA);
    expect((await resume('  ')).refusals).toMatchObject([{ code: 'DECISION_REQUIRED', field: ['input', 'decision'] }]);
    expect((await resume('x'.repeat(1_001))).refusals).toMatchObject([{ code: 'DECISION_TOO_LONG' }]);
    expect((await resume('go', ANNA)).refusals).toMatchObject([{ code: 'ROLE_REQUIRED' }]);
    expect((await rig.batch('scans')).state).toBe('paused');
    const decision = 'nothing was wrong after all';
    expect((await resume(decision)).batches).toMatchObject([{ state: 'packing', pausedCode: null }]);
    const rows = await rig.context.store.read((em) => em.find(Decision, {}));
    expect(rows).toMatchObject([{ words: decision, decidedBy: 'olga', pausedCode: 'PAUSED_BY_OPERATOR' }]);
    expect(await rig.events('transfer.batch-resumed.v1')).toEqual([
      { batchId: rig.batchId('scans'), decision: rows[0]?.id },
    ]);
  });

  test('resumed while its job is still stopping is taken up again', async () => {
    const held = await rig.take();
    let isPaused = false;
    const context = rig.watched((call) => {
      if (call === 'store.transact before') isPaused ||= true;
    });
    await pauseBatches(rig.context, { batchId: rig.batchId('scans') }, OLGA);
    await resume('go on');
    await held?.run(context);
    expect(isPaused).toBe(true);
    await rig.finish(held);
    await rig.work();
    expect(await rig.batch('scans')).toMatchObject({ state: 'moved', moved: 12 });
  });
});

onEveryDialect('a policy', (dialect) => {
  let place: Place;
  beforeEach(async () => {
    place = await dialect.enter();
  });
  afterEach(() => place.leave());

  const ruled = async (transfer: Readonly<Record<string, number>>) => {
    const policy = { approval: { launch: 'not-required' }, transfer: { retryDelayMs: 0, retryLimit: 0, ...transfer } };
    const rig = await Rig.open(place, { policy });
    await rig.declare({ name: 'scans', files: FILES });
    await rig.launch();
    return rig;
  };

  test('that takes two transport failures comes back to the item that met the first', async () => {
    const rig = await ruled({ failuresBeforePause: 2, concurrency: 1 });
    rig.target.plant({ on: 'commit', path: 'smith-john/1.pdf', nth: 1, effect: { kind: 'fail', code: 'UNAVAILABLE' } });
    rig.target.plant({ on: 'commit', path: 'smith-john/1.pdf', nth: 2, effect: { kind: 'fail', code: 'UNAVAILABLE' } });
    await rig.work();
    expect(await rig.batch('scans')).toMatchObject({ state: 'moved', moved: 12, pauses: 0 });
  });

  test('that takes three items set aside pauses at the third, and at the third more', async () => {
    const rig = await ruled({ setAsideBeforePause: 3, concurrency: 1 });
    rig.target.plant({ on: 'commit', effect: { kind: 'fail', code: 'ITEM_REFUSED' } });
    await rig.work();
    expect(await rig.batch('scans')).toMatchObject({ state: 'paused', pausedCode: 'SET_ASIDE_LIMIT', setAside: 3 });
    await resumeBatches(rig.context, { batchId: rig.batchId('scans'), decision: 'they are known' }, OLGA);
    await rig.work();
    expect(await rig.batch('scans')).toMatchObject({ state: 'paused', setAside: 6, pauses: 2 });
  });
});
