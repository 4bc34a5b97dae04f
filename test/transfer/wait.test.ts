/** A dataset waits for those it depends on, says so, and goes on by itself however they end. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { BATCH_STATES } from '../../subgraphs/transfer/domain/batch.ts';
import { DEPENDENCY_ENDS, waitingFor } from '../../subgraphs/transfer/domain/wait.ts';
import { batchView } from '../../subgraphs/transfer/graphql/batch-view.ts';
import { pauseBatches } from '../../subgraphs/transfer/work/pause.ts';
import { resumeBatches } from '../../subgraphs/transfer/work/resume.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { type DatasetGiven, OLGA, PROMPT, Rig } from './rig.ts';

const PATIENTS: DatasetGiven = { name: 'patients', files: { 'p.txt': 'pppp' }, tier: 'historical-searchable' };
const SCANS: DatasetGiven = { name: 'scans', files: { 's.txt': 'ssss' }, dependsOn: ['patients'] };
const CLAIMS: DatasetGiven = { name: 'claims', files: { 'c.txt': 'cccc' }, dependsOn: ['scans', 'patients'] };

const NO_ITEM = { eligible: 1, verified: 0, excluded: 0, quarantined: 1, failed: 0 };

onEveryDialect('a dataset that depends on another', (dialect) => {
  let place: Place;
  beforeEach(async () => {
    place = await dialect.enter();
  });
  afterEach(() => place.leave());

  const opened = async (transfer: object = {}): Promise<Rig> => {
    const prompt = (PROMPT as { readonly transfer: object }).transfer;
    const policy = { approval: { launch: 'not-required' }, transfer: { ...prompt, ...transfer } };
    return Rig.open(place, { policy });
  };
  const moved = (rig: Rig) => [...rig.target.files.keys()].toSorted();
  const reconciled = (rig: Rig, name: string) => rig.reconciled({ batchId: rig.batchId(name), dispositions: NO_ITEM });

  test('is packed, waits until that one is reconciled, with exceptions or without, and says so', async () => {
    const rig = await opened();
    await rig.declare(SCANS, PATIENTS);
    await rig.launch();
    await rig.work();
    expect(moved(rig)).toEqual(['p.txt']);
    const waiting = await rig.batch('scans');
    expect(waiting).toMatchObject({ state: 'sealed', packed: 1, moved: 0 });
    const reason = 'waits until reconciled: patients (moved)';
    expect(batchView(waiting).waiting).toMatchObject({ datasets: ['patients'], reason });
    await reconciled(rig, 'patients');
    await rig.work();
    expect(moved(rig)).toEqual(['p.txt', 's.txt']);
    expect(batchView(await rig.batch('scans'))).toMatchObject({ state: 'moved', waiting: null });
  });

  test('waits only until that one has moved where the policy says so, and for all of several', async () => {
    const rig = await opened({ dependencyEnds: 'moved' });
    await rig.declare(CLAIMS, SCANS, PATIENTS);
    await rig.launch();
    await rig.work();
    expect(moved(rig)).toEqual(['c.txt', 'p.txt', 's.txt']);
  });

  test('waits while that one is paused or not launched, and goes on when it does', async () => {
    const rig = await opened({ dependencyEnds: 'moved' });
    await rig.declare(SCANS, PATIENTS);
    await rig.launch();
    await pauseBatches(rig.context, { batchId: rig.batchId('patients') }, OLGA);
    await rig.work();
    expect(moved(rig)).toEqual([]);
    expect((await rig.batch('scans')).waiting?.reason).toBe('waits until moved: patients (paused)');
    await resumeBatches(rig.context, { batchId: rig.batchId('patients'), decision: 'it may' }, OLGA);
    await rig.work();
    expect(moved(rig)).toEqual(['p.txt', 's.txt']);
  });

  test('can itself be paused while it waits, and waits again when it is resumed', async () => {
    const rig = await opened();
    await rig.declare(SCANS, PATIENTS);
    await rig.launch();
    await rig.work();
    const resume = () => resumeBatches(rig.context, { batchId: rig.batchId('scans'), decision: 'it may' }, OLGA);
    await pauseBatches(rig.context, { batchId: rig.batchId('scans') }, OLGA);
    await resume();
    await rig.work();
    expect(await rig.batch('scans')).toMatchObject({ state: 'sealed', moved: 0 });
    await pauseBatches(rig.context, { batchId: rig.batchId('scans') }, OLGA);
    await reconciled(rig, 'patients');
    await rig.work();
    expect(await rig.batch('scans')).toMatchObject({ state: 'paused', moved: 0 });
    await resume();
    await rig.work();
    expect(await rig.batch('scans')).toMatchObject({ state: 'moved', moved: 1 });
  });
});

describe('what is waited for', () => {
  const dependency = fc.record({
    dataset: fc.string(),
    states: fc.array(fc.constantFrom(...BATCH_STATES)),
  });

  test('is every dataset of which a batch has not ended, and nothing once all have', () => {
    fc.assert(
      fc.property(fc.array(dependency), fc.constantFrom(...DEPENDENCY_ENDS), (dependencies, end) => {
        const ended = end === 'moved' ? ['moved', 'reconciled', 'cancelled'] : ['reconciled', 'cancelled'];
        const hasEnded = (states: readonly string[]) =>
          states.length > 0 && states.every((each) => ended.includes(each));
        const open = dependencies.filter(({ states }) => !hasEnded(states));
        expect(waitingFor(dependencies, end)?.datasets ?? []).toEqual(open.map(({ dataset }) => dataset));
      }),
    );
  });
});
