/** Nothing moves while the readiness gate says no: not at a launch, nor when a batch begins, goes on or tries again. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { fixedClock } from '../../kernel/clock.ts';
import { launchBatches } from '../../subgraphs/transfer/work/launch.ts';
import { proposeLaunch } from '../../subgraphs/transfer/work/propose-launch.ts';
import { resumeBatches } from '../../subgraphs/transfer/work/resume.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { OLGA, Rig } from './rig.ts';

const SCANS = { name: 'scans', files: { 'a.pdf': 'aaaa', 'b.pdf': 'bbbb' } };
const NOTES = { name: 'notes', files: { 'n.txt': 'nnnn' } };
const START = new Date('2026-03-01T12:00:00Z');
const HOUR_MS = 3_600_000;
const HELD = [{ requirement: 'A26', reason: 'LEGAL_HOLD: the legal hold on scans is honoured: not' }];

onEveryDialect('a batch', (dialect) => {
  let place: Place;
  let rig: Rig;
  let clock: ReturnType<typeof fixedClock>;

  beforeEach(async () => {
    place = await dialect.enter();
    clock = fixedClock(START);
    const transfer = { concurrency: 1, retryLimit: 0, retryDelayMs: 0, failuresBeforePause: 1000 };
    rig = await Rig.open(place, { clock, policy: { approval: { launch: 'not-required' }, transfer } });
    await rig.declare(SCANS);
  });
  afterEach(() => place.leave());

  const batchId = () => rig.batchId('scans');
  const launch = (idempotencyKey = 'k') => launchBatches(rig.context, { batchId: batchId(), idempotencyKey }, OLGA);
  const resume = () => resumeBatches(rig.context, { batchId: batchId(), decision: 'looked at it' }, OLGA);
  const codes = (acted: { readonly refusals: readonly { readonly code: string }[] }) =>
    acted.refusals.map(({ code }) => code);
  const hour = (at: number) => new Date(START.getTime() + at * HOUR_MS).toISOString();

  test('begins to pack, begins to move and goes on only while its migration is ready', async () => {
    await launch();
    await rig.ready(false, HELD);
    await rig.workOnce();
    expect(await rig.batch('scans')).toMatchObject({ state: 'paused', phase: 'packing', pausedCode: 'NOT_READY' });
    expect((await rig.batch('scans')).pausedReason).toContain('LEGAL_HOLD');
    expect(codes(await resume())).toEqual(['NOT_READY']);
    expect(await rig.batch('scans')).toMatchObject({ state: 'paused', packed: 0 });
    await rig.ready();
    expect(codes(await resume())).toEqual([]);
    await rig.workOnce();
    expect(await rig.batch('scans')).toMatchObject({ state: 'sealed', packed: 2 });
    await rig.ready(false, HELD);
    await rig.work();
    expect(await rig.batch('scans')).toMatchObject({ state: 'paused', phase: 'moving', pausedCode: 'NOT_READY' });
    expect(codes(await resume())).toEqual(['NOT_READY']);
    expect(rig.target.files.size).toBe(0);
    await rig.ready();
    expect(codes(await resume())).toEqual([]);
    await rig.work();
    expect(await rig.batch('scans')).toMatchObject({ state: 'moved', moved: 2 });
  });

  test('does not try again what failed once the migration is no longer ready', async () => {
    await rig.ready(true, [], hour(2));
    await launch();
    await rig.workOnce();
    rig.target.plant({ on: 'stage', path: 'a.pdf', effect: { kind: 'fail', code: 'UNAVAILABLE' } });
    const late = rig.watched((call) => void (call === 'target.stage before' && clock.advance(2 * HOUR_MS)));
    await rig.workOnce(late);
    expect(await rig.batch('scans')).toMatchObject({ state: 'paused', pausedCode: 'NOT_READY' });
    expect((await rig.batch('scans')).pausedReason).toContain('was ready until');
  });

  test('is not launched after the hour at which the readiness of its migration ends', async () => {
    await rig.ready(true, [], hour(1));
    clock.advance(HOUR_MS + 1);
    expect(codes(await launch())).toEqual(['NOT_READY']);
    await rig.ready(true, [], hour(3));
    expect(codes(await launch())).toEqual([]);
  });

  test('of a migration declared anew waits for the new judgement, and of a dropped dataset is cancelled', async () => {
    await proposeLaunch(rig.context, { batchId: batchId() }, OLGA);
    await rig.declareOnly(SCANS, NOTES);
    expect(await rig.batch('scans')).toMatchObject({ state: 'planned', request: null });
    expect(codes(await launch())).toEqual(['NOT_READY']);
    await rig.declareOnly(NOTES);
    await rig.ready();
    expect(await rig.batch('scans')).toMatchObject({ state: 'cancelled' });
    expect(codes(await launch())).toEqual(['BATCH_STATE']);
    await rig.declare(SCANS);
    expect(await rig.batch('scans')).toMatchObject({ state: 'planned' });
    expect(codes(await launch())).toEqual([]);
  });
});
