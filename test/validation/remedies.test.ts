/** Items moved again: the batch they belong to is held against the last word on each, and nothing else is disturbed. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Actor } from '../../kernel/actor.ts';
import type { Json } from '../../kernel/canonical-json.ts';
import type { Database } from '../../runtime/database.ts';
import { sealLines } from '../../runtime/strongroom.ts';
import type { EligibleItem } from '../../subgraphs/validation/domain/account.ts';
import { validationStore } from '../../subgraphs/validation/store/store.ts';
import { findRemedy } from '../../subgraphs/validation/store/remedies.ts';
import { Batch, ItemDisposition } from '../../subgraphs/validation/store/tables.ts';
import { sealedJson } from '../../subgraphs/validation/work/house.ts';
import { withMovements } from '../../subgraphs/validation/work/moved-again.ts';
import { proposeRemedy } from '../../subgraphs/validation/work/propose-remedy.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import type { DatasetGiven } from './carrier.ts';
import { demographics, documents, queue } from './practice.ts';
import { Rig } from './rig.ts';

const OLGA: Actor = { type: 'user', id: 'olga', roles: ['operator'] };
const LOST = 'documents/two words.txt';

onEveryDialect('what a remedy moved again', (dialect) => {
  let place: Place;
  let database: Database;
  beforeAll(async () => {
    place = await dialect.enter();
    database = await place.open([validationStore]);
  });
  afterAll(() => place.leave());

  /** Asks for a remedy of everything that is open about the path; resolves to its id. */
  async function ask(rig: Rig, path: string): Promise<string> {
    const rows = (await rig.exceptions()).filter(({ sourceId, isOpen }) => isOpen && sourceId === path);
    const asked = await proposeRemedy(rig.house, { exceptionIds: rows.map(({ id }) => id), reason: 'mended' }, OLGA);
    if (!asked.ok) throw new Error(asked.refusals.map(({ code }) => code).join(' '));
    return asked.value.id;
  }

  const open = async (rig: Rig, datasets: readonly DatasetGiven[]) => {
    const closed = (await rig.exceptions()).filter(({ isOpen }) => !isOpen).length;
    return { closed, left: (await rig.found(datasets)).length - closed };
  };
  const batchOf = (rig: Rig, name: string) =>
    rig.house.store.read((em) => em.findOneOrFail(Batch, { id: rig.batchId(name) }));

  test('keeps its place in index, series and chart, though it came alone', async () => {
    const rig = await Rig.open(place, { database, name: 'alone' });
    const datasets = [demographics(), queue(), documents()];
    await rig.carryAll(...datasets);
    rig.target.files.delete(LOST);
    await rig.work();
    expect(await rig.found(datasets)).toEqual([
      'incomplete-chart demographics mrn:0002',
      `missing-record documents ${LOST}`,
    ]);
    const id = await ask(rig, LOST);
    await rig.movedAgain(documents(), id, LOST);
    await rig.work();
    expect(await rig.house.store.read((em) => findRemedy(em, id))).toMatchObject({
      state: 'ended',
      closed: 1,
      left: 0,
    });
    expect(await open(rig, datasets)).toEqual({ closed: 2, left: 0 });
    expect(await rig.unverified(datasets)).toEqual([]);
    const { report, dispositions } = await batchOf(rig, 'documents');
    expect(dispositions).toMatchObject({ eligible: 3, verified: 3 });
    const sealed = (await sealedJson(rig.house, report ?? '')) as {
      readonly inputs: { readonly remedies: readonly { readonly batchId: string }[] };
      readonly documents: { readonly movedAgain: string };
    };
    expect(sealed.inputs.remedies.map(({ batchId }) => batchId)).toEqual([id]);
    expect(await rig.lines(sealed.documents.movedAgain)).toEqual([
      { itemId: rig.itemId('documents', LOST), path: LOST, movedBy: id, lineage: null },
    ]);
  });

  test('stays in doubt when it is still wrong, and what is wrong anew is raised', async () => {
    const rig = await Rig.open(place, { database, name: 'still' });
    const datasets = [documents()];
    await rig.carryAll(...datasets);
    rig.target.files.delete(LOST);
    await rig.work();
    const id = await ask(rig, LOST);
    await rig.movedAgain(documents(), id, LOST);
    rig.target.put(LOST, 'the second document, of s');
    await rig.work();
    expect(await rig.house.store.read((em) => findRemedy(em, id))).toMatchObject({
      state: 'ended',
      closed: 1,
      left: 0,
    });
    expect(await rig.found(datasets)).toEqual([`missing-record documents ${LOST}`, `truncation documents ${LOST}`]);
    expect(await rig.unverified(datasets)).toEqual([`documents ${LOST}`]);
  });

  test('closes what else was found about it, though nobody named that', async () => {
    const rig = await Rig.open(place, { database, name: 'beside' });
    const datasets = [documents()];
    await rig.carryAll(...datasets);
    rig.target.files.delete(LOST);
    await rig.work();
    rig.target.put(LOST, 'the second document, of s');
    await rig.moved(documents(), 'sealed before');
    await rig.work();
    const [missing, truncated] = await rig.exceptions();
    expect([missing, truncated].map((row) => row?.category)).toEqual(['missing-record', 'truncation']);
    const asked = await proposeRemedy(rig.house, { exceptionIds: [truncated?.id ?? ''], reason: 'mended' }, OLGA);
    if (!asked.ok) throw new Error(asked.refusals.map(({ code }) => code).join(' '));
    await rig.movedAgain(documents(), asked.value.id, LOST);
    await rig.work();
    const ended = await rig.house.store.read((em) => findRemedy(em, asked.value.id));
    expect(ended).toMatchObject({ state: 'ended', closed: 1, left: 0 });
    expect(await open(rig, datasets)).toEqual({ closed: 2, left: 0 });
  });

  test('is looked into, whatever the sample of its batch is', async () => {
    const policy = {
      sampling: {
        riskModel: { title: 'Archive risk', reference: 'RM-7', rationale: 'read once a year' },
        tiers: { 'compliance-archive': { draw: 'sample', confidence: 0.5, tolerableRate: 0.5 } },
        spotChecks: { findings: 'left' },
      },
    };
    const rig = await Rig.open(place, { database, name: 'sampled', policy });
    const files = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`archive/${at}.txt`, `letter ${at}\n`]));
    const given = {
      name: 'scans',
      tier: 'compliance-archive',
      format: 'document',
      select: 'archive/**',
      files,
    } as const;
    const levels = async () => {
      const batchId = rig.batchId('scans');
      const rows = await rig.house.store.read((em) => em.find(ItemDisposition, { batchId }));
      return new Map(rows.map(({ path, level }) => [path, level]));
    };
    await rig.declare(given);
    await rig.approvePolicy();
    await rig.carry(given);
    await rig.moved(given);
    await rig.work();
    const undrawn = [...(await levels())].find(([, level]) => level === 'sampled')?.[0] ?? '';
    rig.target.files.delete(undrawn);
    await rig.moved(given, 'sealed before');
    await rig.work();
    const id = await ask(rig, undrawn);
    await rig.movedAgain(given, id, undrawn);
    await rig.work();
    expect((await levels()).get(undrawn)).toBe('bytes');
    expect(await rig.unverified([given])).toEqual([]);
  });

  test('is the last word on an item only where it came off', async () => {
    const rig = await Rig.open(place, { database, name: 'words' });
    const room = rig.house.strongroom;
    const movement = async (batchId: string, state: string, sizeBytes: number) => {
      const packed: Json = { itemId: 'a', path: 'a', sizeBytes, sha256: null, records: null };
      const fate: Json = { itemId: 'a', state, parcels: [], ...(state !== 'moved' && { reason: { code: 'NO' } }) };
      const [manifest, record] = [await sealLines(room, [packed]), await sealLines(room, [fate])];
      return { batchId, manifest: manifest.digest, record: record.digest };
    };
    const [good, bad, better] = [
      await movement('1', 'moved', 1),
      await movement('2', 'failed', 2),
      await movement('3', 'moved', 3),
    ];
    const first = (state: EligibleItem['state']) => ({ itemId: 'a', state, sizeBytes: 0 }) as EligibleItem;
    const last = async (state: EligibleItem['state'], ...movements: (typeof good)[]) => {
      const items = (async function* () {
        yield first(state);
      })();
      for await (const item of withMovements(room, items, movements)) return `${item.state} ${item.sizeBytes}`;
      return undefined;
    };
    expect(await last('moved')).toBe('moved 0');
    expect(await last('moved', bad)).toBe('moved 0');
    expect(await last('failed', bad)).toBe('failed 2');
    expect(await last('failed', bad, good)).toBe('moved 1');
    expect(await last('moved', good, bad)).toBe('moved 1');
    expect(await last('set-aside', good, bad, better)).toBe('moved 3');
  });
});
