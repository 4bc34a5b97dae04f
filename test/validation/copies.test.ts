/** Items of bytes at the target are told by their marks: what is found is what holding all against all finds. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '../../demo/practice/random.ts';
import { sha256 } from '../../kernel/digest.ts';
import { parsedLines } from '../../runtime/lines.ts';
import { scanned } from '../../runtime/kept-bytes.ts';
import { withColumnar } from '../../runtime/columnar.ts';
import { openStrongroom, sealLines, type Strongroom } from '../../runtime/strongroom.ts';
import type { Finding } from '../../subgraphs/validation/domain/finding.ts';
import type { House } from '../../subgraphs/validation/work/house.ts';
import { ListedItems } from '../../subgraphs/validation/work/listed-items.ts';
import { matchCopies } from '../../subgraphs/validation/work/match-documents.ts';
import { ParcelNotes } from '../../subgraphs/validation/work/parcel-notes.ts';
import type { Desk } from '../../subgraphs/validation/work/read-original.ts';
import {
  FindingBook,
  FINDINGS,
  type ListedLine,
  type ParcelLine,
  UNITS,
} from '../../subgraphs/validation/work/scratch.ts';
import { type Spool, withSpool } from '../../subgraphs/validation/work/spool.ts';

let folder: string;
let room: Strongroom;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-copies-'));
  room = await openStrongroom(join(folder, 'room'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const MEMORY_MB = 128;
const PARCELS_MADE = 400;

interface Sides {
  readonly parcels: readonly ParcelLine[];
  readonly listed: readonly ListedLine[];
}

/** Parcels of which `share` is listed twice, under either name, under another id, not at all, or beside others. */
function sidesOf(seed: number, share: number): Sides {
  const random = seededRandom(seed);
  const parcels: ParcelLine[] = [];
  const listed: ListedLine[] = [];
  for (let n = 1; n <= PARCELS_MADE; n++) {
    const i = `item-${n}`;
    const p = random.chance(share) ? 'one path of many' : `ward "é"/${n}.txt`;
    const k = random.chance(0.4) ? p : random.chance(0.5) ? i : `key-${n}`;
    const parcel = { n, i, p, k, g: `there/${n}` };
    parcels.push(parcel);
    const { g } = parcel;
    const other = { k: random.chance(0.5) ? k : p, g: `there/${n}-again` };
    if (!random.chance(share)) listed.push({ k: random.chance(0.5) ? p : k, g });
    if (random.chance(share)) listed.push(other);
    if (random.chance(share)) listed.push({ k: p, g }, { k, g });
    if (random.chance(share)) listed.push({ k: `nobody's ${n}`, g: `theirs/${n}` });
  }
  return { parcels, listed };
}

interface Told {
  readonly n: number;
  readonly copies: number;
  readonly targetId: string | null;
}

/** Each parcel against everything that is listed. */
function oneByOne({ parcels, listed }: Sides): readonly Told[] {
  return parcels.flatMap(({ n, p, k, g }) => {
    const found = new Set(listed.filter((line) => line.k === p || line.k === k).map((line) => line.g));
    const others = [...found].filter((id) => id !== g).sort();
    return found.size > 1 ? [{ n, copies: found.size, targetId: others.at(-1) ?? null }] : [];
  });
}

async function byMarks({ parcels, listed }: Sides, leftShare: number): Promise<{ told: Told[]; counts: unknown }> {
  return withSpool(join(folder, 'spool'), async (spool) => {
    const notes = await ParcelNotes.in(spool, leftShare);
    const units = await spool.lines(UNITS);
    for (const parcel of parcels) await notes.bring(parcel);
    for (const { n } of parcels) await units.line({ n, v: n % 7 === 0 ? 'differs' : 'matched' });
    for (const line of listed) await notes.list(line);
    const task = { policy: { validation: { memoryMaxMb: MEMORY_MB } } };
    const desk = { task, spool, parcels: notes, findings: new FindingBook(spool) } as unknown as Desk;
    const counts = await withColumnar((db) => matchCopies(db, desk), { memoryMaxMb: MEMORY_MB, directory: folder });
    return { told: await findingsIn(spool), counts };
  });
}

async function findingsIn(spool: Spool): Promise<Told[]> {
  const file = await spool.lines(FINDINGS);
  await file.flush();
  const told: Told[] = [];
  for await (const { n, f } of parsedLines<{ n: number; f: string }>(scanned(file.path), 100_000)) {
    const { note, targetId } = JSON.parse(f) as Finding;
    told.push({ n, copies: Number(/has (\d+) items/.exec(note)?.[1]), targetId });
  }
  return told;
}

const CASES = [1, 2, 3].flatMap((seed) => [0.002, 0.02, 0.4].map((share) => ({ seed, share })));

test.each(CASES)('copies at the target (seed $seed, $share of them odd)', async ({ seed, share }) => {
  const sides = sidesOf(seed, share);
  const expected = oneByOne(sides);
  const [sifted, whole] = [await byMarks(sides, 1), await byMarks(sides, 0)];
  expect(sifted.told).toEqual(expected);
  expect(whole).toEqual(sifted);
  const copied = new Set(expected.map(({ n }) => n));
  const surplus = expected.reduce((sum, { copies }) => sum + copies - 1, 0);
  const single = (isOdd: boolean): number =>
    sides.parcels.filter(({ n }) => !copied.has(n) && (n % 7 === 0) === isOdd).length;
  expect(sifted.counts).toMatchObject({
    ...{ source: PARCELS_MADE, target: PARCELS_MADE + surplus, duplicates: copied.size },
    ...{ matched: single(false), differs: single(true), missingOnTarget: 0, notDrawn: 0 },
  });
});

test.each(CASES)(
  'items at the target that nobody surveyed (seed $seed, $share of them odd)',
  async ({ seed, share }) => {
    const { parcels, listed } = sidesOf(seed, share);
    const surveyed = parcels.map(({ i, p }) => ({ itemId: i, path: p }));
    const known = new Set(surveyed.flatMap(({ itemId, path }) => [itemId, path]));
    const expected = new Map<string, string>();
    for (const { k, g } of listed) {
      const before = expected.get(k);
      if (!known.has(k)) expected.set(k, before === undefined || g < before ? g : before);
    }
    // In two surveys, of which one says again what the other says.
    const surveys = [
      (await sealLines(room, surveyed)).digest,
      (await sealLines(room, surveyed.slice(0, Math.ceil(share * PARCELS_MADE)))).digest,
    ];
    const house = { strongroom: room } as unknown as House;
    const strays = await withSpool(join(folder, 'spool'), async (spool) => {
      const items = await ListedItems.in(spool, sha256('target').slice(0, 4));
      for (const line of listed) await items.list(line);
      return withColumnar(
        async (db) => {
          await items.strays(db, house, surveys, 'stray');
          return (await db.runAndReadAll('select path, g from stray')).getRows();
        },
        { memoryMaxMb: MEMORY_MB, directory: folder },
      );
    });
    expect(new Map(strays as [string, string][])).toEqual(expected);
  },
);
