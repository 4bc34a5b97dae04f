/** Several items that make the same record: one record, in the version that stands, and every item accounted to it. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { tmpdir } from 'node:os';
import * as fc from 'fast-check';
import { withColumnar } from '../../runtime/columnar.ts';
import { readLines } from '../../runtime/strongroom.ts';
import { ItemDisposition } from '../../subgraphs/validation/store/tables.ts';
import { sortVersions } from '../../subgraphs/validation/work/versions.ts';
import { onOneDialect, type Place } from '../support/databases.ts';
import { change, lose } from './planted.ts';
import { type DatasetGiven, Rig } from './rig.ts';

const MAP = {
  ...{ name: 'feed', version: '1.0.0', format: 'hl7v2', messages: ['ADT^A08'], critical: [] },
  records: [
    {
      ...{ type: 'Patient', key: 'mrn:{PID-3.1}' },
      rules: [
        { do: 'trim', to: 'name[0].family', from: 'PID-5.1' },
        { do: 'constant', to: 'birthDate', value: '1970-01-02' },
        { do: 'constant', to: 'gender', value: 'female' },
      ],
    },
  ],
};
const DATED = JSON.stringify({ ...MAP, asOf: { from: 'MSH-7' } });
const UNDECLARED = JSON.stringify(MAP);

interface Version {
  readonly at: number | null;
  readonly family: string;
  readonly mrn?: string;
}

function message({ at, family, mrn = '1' }: Version): string {
  const sent = at === null ? '' : `2026090110${String(at).padStart(2, '0')}00+0000`;
  return `MSH|^~\\&|A|B|C|D|${sent}||ADT^A08|x|P|2.5.1\rEVN|A08\rPID|1||${mrn}||${family}\rPV1|1|O\r`;
}

function feed(versions: Readonly<Record<string, Version | readonly Version[]>>, lineage = DATED): DatasetGiven {
  const files = Object.entries(versions).map(([name, each]) => [name, [each].flat().map(message).join('')]);
  return { name: 'feed', format: 'hl7v2', select: '**', lineage, files: Object.fromEntries(files) };
}

onOneDialect('several items that make one record', (dialect) => {
  let place: Place;
  let rig: Rig;
  beforeEach(async () => {
    place = await dialect.enter();
    rig = await Rig.open(place);
  });
  afterEach(() => place.leave());

  /** What a faithful target holds: of patient 1 one record. */
  const stands = (family: string) =>
    change(rig, 'Patient', 'mrn:1', (resource) => ({ ...resource, name: [{ family }] }));

  async function reconciled(dataset: DatasetGiven, spoil?: () => void) {
    await rig.declare(dataset);
    await rig.carry(dataset);
    spoil?.();
    await rig.moved(dataset);
    await rig.work();
    const [event] = (await rig.events('validation.batch-reconciled.v1')) as readonly Record<string, object>[];
    const items = await rig.house.store.read((em) => em.find(ItemDisposition, {}, { orderBy: { path: 'asc' } }));
    return {
      found: await rig.found([dataset]),
      records: event?.['records'],
      items: items.map(({ path, disposition, level, method }) => ({ path, disposition, level, method })),
    };
  }

  test('alike are one record, and each item is verified by it', async () => {
    for (const lineage of [DATED, UNDECLARED]) {
      const given = { 'a.hl7': { at: 1, family: 'Doe' }, 'b.hl7': { at: 2, family: 'Doe' } };
      await rig.forget();
      const { found, records, items } = await reconciled(feed(given, lineage));
      expect(found).toEqual([]);
      expect(records).toMatchObject({ source: 1, target: 1, matched: 1, duplicates: 0, superseded: 0 });
      expect(items.map(({ disposition }) => disposition)).toEqual(['verified', 'verified']);
      // The record, and its chart with it, is accounted to the one that stands.
      expect(items.map(({ level }) => level).toSorted()).toEqual(['fields', 'workflow']);
    }
  });

  test('that differ are an exception where the map does not say what tells them apart', async () => {
    const given = { 'a.hl7': { at: 1, family: 'Doe' }, 'b.hl7': { at: 2, family: 'Roe' } };
    const { found, records } = await reconciled(feed(given, UNDECLARED));
    expect(found).toEqual(['duplicate-record feed mrn:1']);
    expect(records).toMatchObject({ source: 1, matched: 0, duplicates: 1, superseded: 0 });
  });

  test('the latest stands, and the others say who superseded them', async () => {
    const given = {
      'a.hl7': { at: 1, family: 'Doe' },
      'b.hl7': { at: 3, family: 'Poe' },
      'c.hl7': { at: 2, family: 'Roe' },
      'd.hl7': { at: 1, family: 'Zee', mrn: '2' },
    };
    const { found, records, items } = await reconciled(feed(given), () => stands('Poe'));
    expect(found).toEqual([]);
    expect(records).toMatchObject({ source: 2, target: 2, matched: 2, superseded: 2 });
    const by = rig.itemId('feed', 'b.hl7');
    expect(items.map(({ level }) => level)).toEqual(['record', 'workflow', 'record', 'workflow']);
    expect(items[0]).toMatchObject({ disposition: 'verified', method: expect.stringContaining(`of ${by}`) });
    const [batch] = await rig.events('validation.batch-reconciled.v1');
    const report = JSON.parse(
      (await rig.house.strongroom.readWhole((batch as { report: string }).report, 1 << 20)).toString(),
    ) as { documents: { superseded: string } };
    const lines: unknown[] = [];
    for await (const line of readLines(rig.house.strongroom, report.documents.superseded)) lines.push(line);
    expect(lines).toMatchObject([
      { itemId: rig.itemId('feed', 'a.hl7'), recordType: 'Patient', supersededBy: by },
      { itemId: rig.itemId('feed', 'c.hl7'), recordType: 'Patient', supersededBy: by },
    ]);
    expect(JSON.stringify(lines)).not.toContain('mrn');
  });

  test('an earlier version at the target is a difference, of the item whose version ought to stand', async () => {
    const given = {
      'a.hl7': { at: 1, family: 'Doe' },
      'b.hl7': { at: 2, family: 'Roe' },
      'c.hl7': { at: 2, family: 'Roe' },
    };
    const { found, items } = await reconciled(feed(given), () => stands('Doe'));
    expect(found).toEqual(['value-mismatch feed mrn:1 name[0].family']);
    expect(items.map(({ disposition }) => disposition)).toEqual(['verified', 'quarantined', 'quarantined']);
  });

  test('the latest that is not at the target is missing, whatever stood there before', async () => {
    const given = { 'a.hl7': { at: 1, family: 'Doe' }, 'b.hl7': { at: 2, family: 'Roe' } };
    const { found, records } = await reconciled(feed(given), () => lose(rig, 'Patient', 'mrn:1'));
    expect(found).toEqual(['missing-record feed mrn:1']);
    expect(records).toMatchObject({ source: 1, missingOnTarget: 1, superseded: 1 });
  });

  test('as of one moment are an exception, and so is one of an unknown moment', async () => {
    const tied = {
      'a.hl7': { at: 2, family: 'Doe' },
      'b.hl7': { at: 2, family: 'Roe' },
      'c.hl7': { at: 1, family: 'X' },
    };
    const first = await reconciled(feed(tied));
    expect(first.found).toEqual(['duplicate-record feed mrn:1']);
    expect(first.records).toMatchObject({ source: 1, matched: 0, duplicates: 1, superseded: 1 });
    expect(first.items.map(({ disposition }) => disposition)).toEqual(['quarantined', 'quarantined', 'verified']);
  });

  test('of which one does not say when it was so: that one is an exception, the others are sorted', async () => {
    const undated = { 'a.hl7': { at: 1, family: 'Doe' }, 'b.hl7': { at: null, family: 'Roe' } };
    const { found, records, items } = await reconciled(feed(undated));
    expect(found).toEqual(['duplicate-record feed mrn:1']);
    expect(records).toMatchObject({ source: 1, matched: 1, superseded: 0 });
    expect(items.map(({ disposition }) => disposition)).toEqual(['verified', 'quarantined']);
  });

  test('an item that did not move makes no version', async () => {
    const dataset = feed({ 'a.hl7': { at: 1, family: 'Doe' }, 'b.hl7': { at: 2, family: 'Roe' } });
    const { records, items } = await reconciled({ ...dataset, setAside: { 'b.hl7': 'DIGEST_MISMATCH_IN_FLIGHT' } });
    expect(records).toMatchObject({ source: 1, matched: 1, superseded: 0 });
    expect(items).toMatchObject([{ disposition: 'verified', level: 'workflow' }, { disposition: 'quarantined' }]);
  });

  test('in one item are versions like those of several', async () => {
    const versions = [
      { at: 1, family: 'Doe' },
      { at: 3, family: 'Poe' },
      { at: 2, family: 'Roe' },
      { at: 3, family: 'Poe' },
    ];
    const { found, records, items } = await reconciled(feed({ 'a.hl7': versions }), () => stands('Poe'));
    expect(found).toEqual([]);
    expect(records).toMatchObject({ source: 1, matched: 1, superseded: 2 });
    expect(items).toMatchObject([{ disposition: 'verified', level: 'record' }]);
  });
});

describe('versions in any order', () => {
  const version = fc.record({
    at: fc.option(fc.integer({ min: 1, max: 4 })),
    family: fc.constantFrom('Doe', 'Roe', 'Poe'),
    mrn: fc.constantFrom('1', '2'),
    isMoved: fc.boolean(),
  });

  test('leave the same standing, and each other one with one account of its own', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(version, { minLength: 1, maxLength: 8 }), fc.gen(), async (versions, gen) => {
        const shuffled = versions.toSorted(() => gen(fc.constantFrom, -1, 1));
        const [one, other] = [await sorted(versions), await sorted(shuffled)];
        expect(other).toEqual(one);
        expect(one).toEqual(accounted(versions));
      }),
      { numRuns: 15 },
    );
  });
});

type Moved = Version & { readonly isMoved: boolean };
type Account = Readonly<Record<'standing' | 'superseded' | 'untold' | 'alike', readonly string[]>>;

/** What sortVersions says, without regard to which of two that say the same comes first. */
async function sorted(versions: readonly Moved[]): Promise<Account> {
  const { promise, resolve } = Promise.withResolvers<Account>();
  await withColumnar(
    async (db) => {
      await db.run('create table item (n integer, s varchar)');
      await db.run(
        `create table expected (n integer, o integer, k varchar, t varchar, i varchar, p varchar, d varchar,
          v varchar, w boolean)`,
      );
      for (const [n, { at, family, mrn, isMoved }] of versions.entries()) {
        await db.run(`insert into item values (${n}, '${isMoved ? 'moved' : 'set-aside'}')`);
        const row = `${n}, 1, '${mrn}', 'Patient', 'item-${n}', '', '${family}', '${at ?? ''}', true`;
        await db.run(`insert into expected values (${row})`);
      }
      await sortVersions(db);
      const of = async (from: string): Promise<readonly string[]> => {
        const reader = await db.runAndReadAll(`select concat_ws(' ', k, v, d) x from ${from} order by x`);
        return reader.getRows().map(([x]) => String(x));
      };
      resolve({
        standing: await of('awaited anti join tied using (t, k)'),
        superseded: await of('superseded'),
        untold: await of('untold'),
        alike: await of('alike'),
      });
    },
    { memoryMaxMb: 64, directory: tmpdir() },
  );
  return promise;
}

/** The same by hand, one patient after another. */
function accounted(versions: readonly Moved[]): Account {
  const account: Record<keyof Account, string[]> = { standing: [], superseded: [], untold: [], alike: [] };
  const nameOf = ({ at, family, mrn }: Version): string => `${mrn} ${at ?? ''} ${family}`;
  for (const own of Map.groupBy(versions, ({ mrn }) => mrn).values()) {
    const moved = own.filter(({ isMoved }) => isMoved);
    const counted = moved.length === 0 ? own : moved;
    const latest = Math.max(...counted.map(({ at }) => at ?? 0));
    const top = counted.filter(({ at }) => (at ?? 0) === latest);
    const isTied = new Set(top.map(({ family }) => family)).size > 1;
    const [first] = top;
    if (!isTied && first !== undefined) account.standing.push(nameOf(first));
    let hasStood = false;
    for (const each of own) {
      const isTop = top.includes(each);
      const isSame = each.family === first?.family;
      if (isTied) {
        if (isTop) account.untold.push(nameOf(each));
        else if (each.isMoved && each.at !== null) account.superseded.push(nameOf(each));
        else if (each.isMoved) account.untold.push(nameOf(each));
      } else if (isTop && !hasStood) hasStood = true;
      else if (isSame) account.alike.push(nameOf(each));
      else if (each.isMoved && each.at === null) account.untold.push(nameOf(each));
      else if (each.isMoved) account.superseded.push(nameOf(each));
    }
  }
  for (const list of Object.values(account)) list.sort();
  return account;
}
