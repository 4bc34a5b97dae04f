/** An archive that is sampled: what is drawn is looked into, and of what is not drawn the assurance says so. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Json } from '../../kernel/canonical-json.ts';
import type { Acknowledgement } from '../../plugins/sdk/index.ts';
import type { SamplingOutcome } from '../../subgraphs/validation/domain/sampling/outcome.ts';
import { openKeys } from '../../runtime/keys.ts';
import { migrationOf } from '../../subgraphs/validation/store/copies.ts';
import { Batch, ItemDisposition } from '../../subgraphs/validation/store/tables.ts';
import { sealedJson } from '../../subgraphs/validation/work/house.ts';
import { onOneDialect, type Place } from '../support/databases.ts';
import type { DatasetGiven } from './carrier.ts';
import { Rig } from './rig.ts';

const ITEMS = 120;
/** For a population of 120 at 0.95 and 0.05; 46 leave more than one chance in twenty. */
const SIZE = 47;
const archive = { draw: 'sample', confidence: 0.95, tolerableRate: 0.05 };
const POLICY = {
  sampling: {
    riskModel: { title: 'Archive risk', reference: 'RM-7 v2', rationale: 'read once a year, by nobody who treats' },
    tiers: { 'compliance-archive': archive },
    highRisk: ['archive/consent/**'],
  },
};

function scans(more: DatasetGiven['files'] = {}): DatasetGiven {
  const files: Record<string, string | Uint8Array> = { ...more };
  for (let at = 0; at < ITEMS; at += 1)
    files[`archive/${at}.txt`] = `page ${at} ${'of a long letter '.repeat(20 + (at % 9))}\n`;
  return { name: 'scans', tier: 'compliance-archive', format: 'document', select: 'archive/**', owner: 'him', files };
}

onOneDialect('an archive that is sampled', (dialect) => {
  let place: Place;
  let rig: Rig;
  beforeEach(async () => {
    place = await dialect.enter();
    const keys = { ...openKeys(place.directory), record: Buffer.alloc(32, 7) };
    rig = await Rig.open(place, { policy: POLICY, keys });
  });
  afterEach(() => place.leave());

  async function run(given: DatasetGiven, spoil: () => void | Promise<void> = () => {}): Promise<Batch> {
    await rig.declare(given);
    await rig.approvePolicy();
    await rig.carry(given);
    await spoil();
    await rig.moved(given);
    await rig.work();
    const id = rig.batchId(given.name);
    return rig.house.store.read((em) => em.findOneOrFail(Batch, { id }));
  }

  const rows = (): Promise<ItemDisposition[]> =>
    rig.house.store.read((em) => em.find(ItemDisposition, { batchId: rig.batchId('scans') }));
  const undrawn = async (): Promise<readonly string[]> =>
    (await rows()).filter(({ level }) => level === 'sampled').map(({ path }) => path);

  test('reads back as many as statistics ask for, and says of the others that a sample vouches for them', async () => {
    const { sampling, verdicts, dispositions, assurance, report } = await run(scans());
    expect(sampling).toMatchObject({
      ...{ draw: 'sample', population: ITEMS, size: SIZE, notDrawn: ITEMS - SIZE, defects: 0, verdict: 'accepted' },
      drawn: { sample: SIZE, 'high-risk': 0, finding: 0, size: 0, date: 0, rejected: 0 },
      approval: { proposedBy: 'olga', approvedBy: 'anna' },
      riskModel: { reference: 'RM-7 v2' },
    });
    expect((sampling as Extract<SamplingOutcome, { draw: 'sample' }>).achievedConfidence).toBeGreaterThanOrEqual(0.95);
    expect(verdicts).toMatchObject({ source: ITEMS, target: ITEMS, matched: SIZE, notDrawn: ITEMS - SIZE });
    expect(assurance).toMatchObject({ bytes: SIZE, sampled: ITEMS - SIZE, 'not-verifiable': 0 });
    expect(dispositions).toMatchObject({ eligible: ITEMS, verified: ITEMS });
    const methods = new Set((await rows()).filter(({ level }) => level === 'sampled').map(({ method }) => method));
    expect([...methods]).toEqual([expect.stringContaining('not drawn: ')]);
    const told = (await rig.house.strongroom.readWhole(report ?? '', 1e6)).toString();
    expect((JSON.parse(told) as { sampling: Json }).sampling).toEqual(sampling);
  });

  test('is drawn alike however often it is drawn', async () => {
    await run(scans());
    const before = await undrawn();
    await rig.forget();
    await rig.tellAgain();
    await rig.work();
    expect(await undrawn()).toEqual(before);
  });

  test('misses nothing that is not there or of another length, drawn or not', async () => {
    await run(scans());
    const [gone = '', short = ''] = await undrawn();
    await rig.forget();
    rig.target.files.delete(gone);
    rig.target.put(short, Buffer.from('page'));
    await rig.tellAgain();
    await rig.work();
    const found = (await rig.exceptions()).map(({ category, sourceId }) => `${category} ${sourceId}`);
    expect(found.toSorted()).toEqual([`missing-record ${gone}`, `truncation ${short}`].toSorted());
  });

  test('holds nothing for accepted that its receiver has not accepted, drawn or not', async () => {
    await run(scans());
    const [refused = '', silent = ''] = await undrawn();
    await rig.forget();
    const { host } = rig.house;
    const open = host.target.bind(host);
    const outcomes = new Map<string, Acknowledgement['outcome']>([
      [refused, 'refused'],
      [silent, 'missing'],
    ]);
    const answer = (id: string): Acknowledgement => {
      const outcome = outcomes.get(id) ?? 'accepted';
      return { outcome, level: outcome === 'missing' ? null : 'application', code: outcome, about: '1' };
    };
    host.target = async (...asked) => ({ ...(await open(...asked)), acknowledgement: async (id) => answer(id) });
    await rig.tellAgain();
    await rig.work();
    const found = (await rig.exceptions()).map(({ code, sourceId }) => `${code} ${sourceId}`);
    expect(found.toSorted()).toEqual([`REFUSED_BY_RECEIVER ${refused}`, `NOT_ACKNOWLEDGED ${silent}`].toSorted());
    const { report } = await rig.house.store.read((em) => migrationOf(em, rig.migrationId));
    const { workflow } = (await sealedJson(rig.house, report ?? '')) as unknown as {
      workflow: readonly { readonly check: string }[];
    };
    expect(workflow.find(({ check }) => check === 'acknowledgements-close')).toMatchObject({
      ...{ connector: 'memory', asked: ITEMS, failed: 2, notVerifiable: 0, verdict: 'failed' },
    });
    const vouched = (await rows()).filter(({ level }) => level === 'sampled');
    expect(vouched).toHaveLength(ITEMS - SIZE - 2);
    expect(new Set(vouched.map(({ method }) => method))).toEqual(
      new Set([expect.stringContaining('acknowledged by the receiver')]),
    );
  });

  test('is looked at from end to end once the sample has more defects than it may', async () => {
    await run(scans());
    const [hidden = ''] = await undrawn();
    const drawn = (await rows()).find(({ level }) => level === 'bytes')?.path ?? '';
    await rig.forget();
    for (const path of [hidden, drawn]) {
      const bytes = Buffer.from(scans().files[path] ?? '');
      bytes[0] = 0x50;
      rig.target.put(path, bytes);
    }
    await rig.tellAgain();
    await rig.work();
    const found = (await rig.exceptions()).map(({ category, sourceId }) => `${category} ${sourceId}`);
    expect(found.toSorted()).toEqual([`digest-mismatch ${hidden}`, `digest-mismatch ${drawn}`].toSorted());
    const id = rig.batchId('scans');
    const { sampling } = await rig.house.store.read((em) => em.findOneOrFail(Batch, { id }));
    expect(sampling).toMatchObject({ verdict: 'rejected', defects: 1, notDrawn: 0, drawn: { rejected: ITEMS - SIZE } });
    expect(await undrawn()).toEqual([]);
  });

  test('has every record of a high-risk cohort drawn, every outlier, and whatever looks wrong', async () => {
    const consent = Object.fromEntries([1, 2, 3].map((at) => [`archive/consent/${at}.txt`, `consent ${at}\n`]));
    // Several, for some are in the sample anyway.
    const odd = Object.fromEntries(
      [1, 2, 3, 4, 5, 6].flatMap((at) => [
        [`archive/huge-${at}.txt`, 'x'.repeat(200_000)],
        [`archive/broken-${at}.pdf`, 'x'.repeat(400)],
      ]),
    );
    const { sampling } = await run(scans({ ...consent, ...odd }));
    const { population, drawn } = sampling as Extract<SamplingOutcome, { draw: 'sample' }>;
    expect([population, drawn['high-risk']]).toEqual([ITEMS + 12, 3]);
    expect(Math.min(drawn.finding, drawn.size)).toBeGreaterThan(0);
    const left = await undrawn();
    for (const path of [...Object.keys(consent), ...Object.keys(odd)]) expect(left).not.toContain(path);
  });

  test('is looked at whole while nobody approved its risk model', async () => {
    const given = scans();
    await rig.carryAll(given);
    await rig.work();
    const id = rig.batchId('scans');
    const { sampling, assurance } = await rig.house.store.read((em) => em.findOneOrFail(Batch, { id }));
    expect(sampling).toEqual({ draw: 'all', reason: 'risk-model-not-approved', population: ITEMS });
    expect(assurance).toMatchObject({ bytes: ITEMS, sampled: 0 });
  });
});
