/** Items that make the same record: the latest version arrives, once, whatever the order and whoever dies. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { afterSeeing, partOf, type Standing, type Version } from '../../subgraphs/transfer/domain/version.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { type Files, Rig } from './rig.ts';

const MAP = JSON.stringify({
  ...{ name: 'feed', version: '1.0.0', format: 'hl7v2', messages: ['ADT^A08'], critical: [] },
  asOf: { from: 'MSH-7' },
  records: [
    {
      ...{ type: 'Patient', key: 'mrn:{PID-3.1}' },
      rules: [{ do: 'trim', to: 'name[0].family', from: 'PID-5.1' }],
    },
    { type: 'Encounter', key: 'visit:{PV1-19.1}', when: ['PV1-19'], rules: [{ to: 'status', from: 'PV1-2' }] },
  ],
});

interface Told {
  readonly at: number | null;
  readonly family: string;
  readonly mrn?: string;
  readonly visit?: string;
}

function message({ at, family, mrn = '1', visit }: Told): string {
  const sent = at === null ? '' : `2026090110${String(at).padStart(2, '0')}00+0000`;
  const segments = [`MSH|^~\\&|A|B|C|D|${sent}||ADT^A08|x|P|2.5.1`, `PID|1||${mrn}||${family}`];
  return [...segments, ...(visit === undefined ? [] : [`PV1|1|I${'|'.repeat(17)}${visit}`]), ''].join('\r');
}

const feed = (files: Files) => ({ name: 'feed', files, lineage: MAP, format: 'hl7v2', tier: 'active-clinical' });

function families(rig: Rig): readonly string[] {
  return (rig.target.records.get('Patient') ?? [])
    .map(({ key, bytes }) => {
      const { name } = JSON.parse(Buffer.from(bytes).toString()) as { name: [{ family: string }] };
      return `${key} ${name[0].family}`;
    })
    .toSorted();
}

onEveryDialect('a feed in which several items make one record', (dialect) => {
  let place: Place;
  let rig: Rig;
  beforeEach(async () => {
    place = await dialect.enter();
    rig = await Rig.open(place);
  });
  afterEach(() => place.leave());

  async function moved(files: Files, of: Rig = rig): Promise<void> {
    await of.declare(feed(files));
    await of.launch();
    await of.work();
  }

  test('delivers the latest version, and every item has arrived', async () => {
    const a01 = message({ at: 1, family: 'Doe', visit: 'v1' });
    const [a08, a03] = [message({ at: 3, family: 'Roe' }), message({ at: 2, family: 'Poe' })];
    await moved({ 'a.hl7': a01, 'b.hl7': a08, 'c.hl7': a03, 'd.hl7': message({ at: 1, family: 'Zee', mrn: '2' }) });
    expect(await rig.batch('feed')).toMatchObject({ state: 'moved', moved: 4, setAside: 0 });
    expect(families(rig)).toEqual(['mrn:1 Roe', 'mrn:2 Zee']);
    expect(rig.target.records.get('Encounter')).toHaveLength(1);
    const parts = (await rig.record('feed')).map(({ parcels }) => parcels.flatMap((each) => each.parts ?? []).length);
    expect(parts).toEqual([1, 1, 0, 1]);
  });

  test('sends what several items say alike once, and what one item says twice', async () => {
    const doe = message({ at: 1, family: 'Doe' });
    const staged: string[] = [];
    await rig.declare(feed({ 'a.hl7': doe + doe, 'b.hl7': message({ at: 2, family: 'Doe' }), 'c.hl7': doe }));
    await rig.launch();
    const watched = rig.watched((call) => void staged.push(call));
    while ((await rig.workOnce(watched)) !== undefined);
    expect(families(rig)).toEqual(['mrn:1 Doe']);
    expect(staged.filter((call) => call === 'target.stage before')).toHaveLength(1);
    expect(await rig.batch('feed')).toMatchObject({ moved: 3 });
  });

  test('keeps back what nobody can tell from another: of one moment, or of an unknown one', async () => {
    await moved({
      'a.hl7': message({ at: 1, family: 'Doe' }) + message({ at: 1, family: 'Sure', mrn: '3' }),
      'b.hl7': message({ at: 1, family: 'Roe' }),
      'c.hl7': message({ at: null, family: 'Poe', mrn: '2' }) + message({ at: null, family: 'Only', mrn: '4' }),
      'd.hl7': message({ at: 1, family: 'Zee', mrn: '2' }),
    });
    expect(families(rig)).toEqual(['mrn:2 Zee', 'mrn:3 Sure', 'mrn:4 Only']);
    expect(await rig.batch('feed')).toMatchObject({ moved: 4, setAside: 0 });
  });

  test('takes no version from an item that cannot be mapped', async () => {
    const broken = message({ at: 2, family: 'Roe' }) + message({ at: 2, family: 'Roe' }).replace('ADT^A08', 'ADT^A99');
    await moved({ 'a.hl7': message({ at: 1, family: 'Doe' }), 'b.hl7': broken });
    expect(families(rig)).toEqual(['mrn:1 Doe']);
    expect(await rig.batch('feed')).toMatchObject({ moved: 1, setAside: 1 });
  });

  test('ends the same whoever dies at whatever call', async () => {
    const files = {
      'a.hl7': message({ at: 1, family: 'Doe', visit: 'v1' }),
      'b.hl7': message({ at: 2, family: 'Roe', visit: 'v2' }),
    };
    const outcome = async (of: Rig) => {
      const { state, moved: items, pauses } = await of.batch('feed');
      const parts = (await of.record('feed')).map(({ parcels }) => parcels.map((each) => each.parts?.length));
      return { state, items, pauses, families: families(of), parts, left: of.target.staged.size };
    };
    const first = await Rig.open(place, { name: 'whole', database: rig.database });
    await first.declare(feed(files));
    await first.launch();
    let calls = 0;
    const counting = first.watched(() => void (calls += 1));
    while ((await first.workOnce(counting)) !== undefined);
    const expected = await outcome(first);
    expect(expected).toMatchObject({ state: 'moved', items: 2, families: ['mrn:1 Roe'], parts: [[1], [2]] });
    for (let dies = 1; dies <= calls; dies += dialect.dialect === 'sqlite' ? 3 : 11) {
      const dying = await Rig.open(place, { name: `dies-${dies}`, database: rig.database });
      await dying.declare(feed(files));
      await dying.launch();
      let made = 0;
      const context = dying.watched((call) => {
        made += 1;
        if (made >= dies) throw new Error(`died at ${call}`);
      });
      while (made < dies && (await dying.workOnce(context)) !== undefined);
      await dying.work();
      expect({ dies, ...(await outcome(dying)) }).toEqual({ dies, ...expected });
    }
  });
});

describe('the version that stands', () => {
  const version = fc.record({
    asOf: fc.constantFrom('', '1', '2', '3'),
    digest: fc.constantFrom('a', 'b', 'c'),
    itemId: fc.constantFrom('i1', 'i2', 'i3', 'i4'),
  }) as fc.Arbitrary<Version>;
  const seen = fc.array(fc.record({ version, batch: fc.constantFrom('b1', 'b2', 'b3') }), { minLength: 1 });

  const after = (all: readonly { readonly version: Version; readonly batch: string }[]): Standing | undefined =>
    all.reduce<Standing | undefined>((known, { version: each, batch }) => afterSeeing(known, each, batch), undefined);

  test('is the same in whatever order and in whatever batches versions are seen', () => {
    fc.assert(
      fc.property(seen, fc.gen(), (all, gen) => {
        const shuffled = all.toSorted(() => gen(fc.constantFrom, -1, 1));
        const [one, other] = [after(all), after(shuffled)];
        expect(other?.asOf).toBe(one?.asOf);
        expect(other?.isTied).toBe(one?.isTied);
        if (one?.isTied === false) expect(other?.digest).toBe(one.digest);
        const latest = all
          .map(({ version: { asOf } }) => asOf)
          .toSorted()
          .at(-1);
        expect(one?.asOf).toBe(latest);
      }),
    );
  });

  test('is what an item says when it is moved again, in the place of what it said before', () => {
    const said = (digest: string, itemId = 'i1'): Version => ({ asOf: '3', digest, itemId });
    const before = after([{ version: said('a'), batch: 'b1' }]);
    expect(afterSeeing(before, said('b'), 'b2', true)).toMatchObject({ digest: 'b', isTied: false, batchId: 'b2' });
    expect(afterSeeing(before, said('b', 'i2'), 'b2', true)).toMatchObject({ isTied: true });
    expect(afterSeeing(before, said('b'), 'b2')).toMatchObject({ isTied: true });
  });

  test('is not changed by what was seen before', () => {
    fc.assert(
      fc.property(seen, (all) => {
        const once = after(all);
        expect(after([...all, ...all])).toMatchObject({ asOf: once?.asOf, isTied: once?.isTied });
      }),
    );
  });

  test('gives every version one part, and lets at most one item deliver the record', () => {
    fc.assert(
      fc.property(seen, (all) => {
        const standing = after(all);
        if (standing === undefined) return;
        const parts = all.map(({ version: each }) => ({ each, part: partOf(each, standing) }));
        const deliverers = parts.filter(({ part }) => part === 'stands').map(({ each }) => each.itemId);
        expect(new Set(deliverers).size).toBe(standing.isTied ? 0 : 1);
        for (const { each, part } of parts.filter(({ part }) => part === 'superseded')) {
          expect({ part, isEarlier: each.asOf < standing.asOf }).toEqual({ part, isEarlier: true });
        }
      }),
    );
  });
});
