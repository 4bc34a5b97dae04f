/** What goes wrong with one item stays with that item, and no wrong byte is ever committed. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { resumeBatches } from '../../subgraphs/transfer/work/resume.ts';
import { OLGA, Rig } from './rig.ts';

onEveryDialect('an item', (dialect) => {
  let place: Place;
  let rig: Rig;

  beforeEach(async () => {
    place = await dialect.enter();
    rig = await Rig.open(place);
    await rig.declare({ name: 'scans', files: { 'a.pdf': 'aaaa', 'b.pdf': 'bbbb', 'c.pdf': 'cccc' } });
    await rig.launch();
  });
  afterEach(() => place.leave());

  const ends = async () =>
    (await rig.record('scans')).map(({ path, state, reason }) => [path, state, reason?.code ?? null]);

  test('altered in flight is set aside and never visible at the target', async () => {
    rig.source.plant({ on: 'read', path: 'b.pdf', nth: 2, effect: { kind: 'corrupt', atByte: 1 } });
    await rig.work();
    expect(await ends()).toEqual([
      ['a.pdf', 'moved', null],
      ['b.pdf', 'set-aside', 'DIGEST_MISMATCH_IN_FLIGHT'],
      ['c.pdf', 'moved', null],
    ]);
    expect([...rig.target.files.keys()].toSorted()).toEqual(['a.pdf', 'c.pdf']);
    expect(rig.target.staged.size).toBe(0);
  });

  test.each([
    ['cut short', 'bb'],
    ['grown', 'bbbb and more'],
  ])('that has %s since it was packed is set aside', async (_, text) => {
    await rig.workOnce();
    rig.source.put('b.pdf', text);
    await rig.work();
    expect((await ends())[1]).toEqual(['b.pdf', 'set-aside', 'DIGEST_MISMATCH_IN_FLIGHT']);
    expect(rig.target.files.has('b.pdf')).toBe(false);
  });

  test('gone from the source since it was packed has failed', async () => {
    await rig.workOnce();
    rig.source.files.delete('b.pdf');
    await rig.work();
    expect((await ends())[1]).toEqual(['b.pdf', 'failed', 'ITEM_NOT_FOUND']);
  });

  test('that the target holds wrongly is discarded and sent again', async () => {
    rig.target.plant({ on: 'stage', path: 'b.pdf', nth: 1, effect: { kind: 'corrupt', atByte: 0 } });
    await rig.work();
    expect(await ends()).toEqual([
      ['a.pdf', 'moved', null],
      ['b.pdf', 'moved', null],
      ['c.pdf', 'moved', null],
    ]);
    expect((await rig.audit()).filter(({ action }) => action === 'item-retried')).toMatchObject([
      { subject: rig.itemId('scans', 'b.pdf'), reason: 'STAGED_DIFFERS' },
    ]);
  });

  test('that the target can never hold rightly is set aside', async () => {
    rig.target.plant({ on: 'stage', path: 'b.pdf', effect: { kind: 'truncate', atByte: 1 } });
    await rig.work();
    expect((await ends())[1]).toEqual(['b.pdf', 'set-aside', 'STAGED_DIFFERS']);
    expect(rig.target.staged.size).toBe(0);
  });

  test('whose place at the target is taken by something else is set aside, and that is left alone', async () => {
    rig.target.put('b.pdf', 'another document');
    await rig.work();
    expect((await ends())[1]).toEqual(['b.pdf', 'set-aside', 'ITEM_CONFLICT']);
    expect(`${Buffer.from(rig.target.files.get('b.pdf')?.bytes ?? [])}`).toBe('another document');
  });

  test('refused by the target is set aside with its code, not with its path', async () => {
    rig.target.plant({ on: 'commit', path: 'b.pdf', effect: { kind: 'fail', code: 'ITEM_REFUSED' } });
    await rig.work();
    expect((await ends())[1]).toEqual(['b.pdf', 'set-aside', 'ITEM_REFUSED']);
    const entry = (await rig.audit()).find(({ action }) => action === 'item-set-aside');
    expect(entry).toMatchObject({ subject: rig.itemId('scans', 'b.pdf'), reason: 'ITEM_REFUSED', outcome: 'failed' });
  });
});

onEveryDialect('the answer to a commit', (dialect) => {
  let place: Place;
  let rig: Rig;

  beforeEach(async () => {
    place = await dialect.enter();
    rig = await Rig.open(place);
    await rig.declare({ name: 'scans', files: { 'a.pdf': 'aaaa' } });
    await rig.launch();
  });
  afterEach(() => place.leave());

  test.each([
    ['that was lost after it landed is looked up, not repeated', true, 1],
    ['that was lost before it landed is looked up, then committed again', false, 2],
  ])('%s', async (_, landed, commits) => {
    let asked = 0;
    const context = rig.watched((call) => {
      if (call === 'target.commit before') asked += 1;
    });
    rig.target.plant({ on: 'commit', path: 'a.pdf', nth: 1, effect: { kind: 'drop', landed } });
    await rig.workOnce(context);
    await rig.workOnce(context);
    expect(await rig.batch('scans')).toMatchObject({ state: 'moved', moved: 1 });
    expect(asked).toBe(commits);
    expect((await rig.audit()).filter(({ action }) => action === 'item-committed')).toHaveLength(1);
    expect((await rig.record('scans'))[0]?.parcels).toMatchObject([{ targetId: 'a.pdf' }]);
  });

  test('that never comes pauses the batch; after the decision the look-up comes first', async () => {
    const calls: string[] = [];
    const context = rig.watched((call) => void calls.push(call));
    rig.target.plant({ on: 'commit', effect: { kind: 'drop', landed: true } });
    rig.target.plant({ on: 'stat', nth: 1, effect: { kind: 'fail', code: 'UNAVAILABLE' } });
    rig.target.plant({ on: 'stat', nth: 2, effect: { kind: 'fail', code: 'UNAVAILABLE' } });
    rig.target.plant({ on: 'stat', nth: 3, effect: { kind: 'fail', code: 'UNAVAILABLE' } });
    rig.target.plant({ on: 'stat', nth: 4, effect: { kind: 'fail', code: 'UNAVAILABLE' } });
    await rig.workOnce(context);
    await rig.workOnce(context);
    expect(await rig.batch('scans')).toMatchObject({ state: 'paused', pausedCode: 'UNAVAILABLE', moved: 0 });
    calls.length = 0;
    const decision = 'the target answers again';
    await resumeBatches(rig.context, { batchId: rig.batchId('scans'), decision }, OLGA);
    await rig.workOnce(context);
    expect(await rig.batch('scans')).toMatchObject({ state: 'moved', moved: 1 });
    expect(calls.filter((call) => /^target\.\w+ before/.test(call))).toEqual(['target.stat before']);
  });
});
