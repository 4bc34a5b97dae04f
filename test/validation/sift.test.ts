/** What agrees is taken out before anything is joined: what is sealed is what looking at every line gives. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '../../demo/practice/random.ts';
import { sha256 } from '../../kernel/digest.ts';
import { withColumnar } from '../../runtime/columnar.ts';
import { openStrongroom, readLines, type Strongroom } from '../../runtime/strongroom.ts';
import { sealExpectedKeys, sealTargetManifest } from '../../subgraphs/validation/work/documents.ts';
import { loadEveryRecord } from '../../subgraphs/validation/work/every-record.ts';
import { matchRecords } from '../../subgraphs/validation/work/match.ts';
import type { Desk } from '../../subgraphs/validation/work/read-original.ts';
import { RecordNotes } from '../../subgraphs/validation/work/record-notes.ts';
import {
  type ActualLine,
  type ExpectedLine,
  FindingBook,
  FINDINGS,
  ITEMS,
} from '../../subgraphs/validation/work/scratch.ts';
import { scratchColumns } from '../../subgraphs/validation/work/scratch-tables.ts';
import { withSpool } from '../../subgraphs/validation/work/spool.ts';
import { sealTotals } from '../../subgraphs/validation/work/totals.ts';
import { sealSuperseded } from '../../subgraphs/validation/work/versions.ts';

let folder: string;
let room: Strongroom;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-sift-'));
  room = await openStrongroom(join(folder, 'room'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Random = ReturnType<typeof seededRandom>;
interface Sides {
  readonly items: number;
  readonly expected: readonly ExpectedLine[];
  readonly actual: readonly ActualLine[];
}

const RECORDS = 300;
const MEMORY_MB = 128;
const CONTENT = JSON.stringify({ value: 1 });

/** Records of which some are lost, doubled, changed, dark, of several versions, unmapped, or at the target alone. */
function sidesOf(random: Random): Sides {
  const expected: ExpectedLine[] = [];
  const actual: ActualLine[] = [];
  const some = (share: number): boolean => random.chance(share);
  for (let at = 0; at < RECORDS; at++) {
    const n = (at >> 4) + 1;
    const [k, t, d] = [some(0.02) ? 'K0' : `K${at} "é"`, some(0.5) ? 'Observation' : 'Patient', sha256(String(at))];
    const day = { y: some(0.1) ? null : `2024-01-0${(at % 9) + 1}`, q: some(0.1) ? null : `author ${at % 3}` };
    const due = { ...{ k, t, d, a: 0, z: CONTENT.length, h: some(0.2) ? null : `Patient/${at % 7}` }, ...day };
    const line = { ...due, n, o: at, i: `item-${n}`, p: `line ${at}`, w: !some(0.03), u: `P${at % 7}`, e: null };
    expected.push(line);
    if (some(0.04)) expected.push({ ...line, n: n + 1, i: `item-${n + 1}`, ...(some(0.5) && { d: sha256('other') }) });
    if (some(0.03)) expected.push({ ...line, n: n + 1, i: `item-${n + 1}`, v: '2023', d: sha256('old') });
    if (some(0.04)) continue;
    const seen = { ...due, d: some(0.03) ? null : some(0.03) ? sha256(`changed ${at}`) : d, g: `${t}/${at}` };
    actual.push(some(0.03) ? { ...seen, h: 'Patient/other' } : seen);
    if (some(0.03)) actual.push(some(0.5) ? seen : { ...seen, g: `${t}/${at}b` });
    if (some(0.05)) actual.push({ ...seen, k: `of another batch ${at}`, g: `${t}/${at}c` });
  }
  return { items: (RECORDS >> 4) + 3, expected, actual };
}

interface Told {
  readonly verdicts: unknown;
  readonly findings: readonly unknown[];
  readonly documents: readonly unknown[];
  readonly linesJoined: number;
}

async function told({ items, expected, actual }: Sides, leftShare: number): Promise<Told> {
  return withSpool(join(folder, 'spool'), async (spool) => {
    const records = await RecordNotes.in(spool, leftShare);
    for (const side of ['expected.contents', 'actual.contents'])
      await (await spool.file(side)).append(Buffer.from(CONTENT));
    const itemLines = await spool.file(ITEMS.file);
    for (let n = 1; n <= items; n++) {
      const state = { s: n % 5 === 0 ? 'failed' : 'moved', q: 'readable', r: 1, b: 0, c: 0, x: true };
      await itemLines.line({ n, i: `item-${n}`, p: `path ${n}`, ...state, gives: 'given-back', said: null });
    }
    for (const line of expected) await records.expect(line);
    for (const line of actual) await records.find(line);
    const difference = { field: 'value', category: 'value-mismatch', note: 'differs', critical: true };
    const task = {
      ...{ lineage: { compare: () => [difference] }, otherMaps: new Map() },
      policy: { validation: { memoryMaxMb: MEMORY_MB } },
      house: { strongroom: room, keys: { record: Buffer.from('key') } },
    };
    const desk = { task, spool, records, findings: new FindingBook(spool), movedBy: new Map() } as unknown as Desk;
    return withColumnar(
      async (db) => {
        await scratchColumns(db, desk, 'item', ITEMS);
        const verdicts = await matchRecords(db, desk, {});
        const linesJoined = Number((await db.runAndReadAll('select count(*) from expected')).getRows()[0]?.[0]);
        await loadEveryRecord(db, desk);
        const totals = await sealTotals(db, desk.task.house);
        const sealed = [
          await sealTargetManifest(db, desk),
          await sealExpectedKeys(db, desk, { withheld: [] } as unknown as Parameters<typeof sealExpectedKeys>[2]),
          totals?.lines,
          await sealSuperseded(db, desk),
        ];
        const documents = await Promise.all(sealed.map((digest) => (digest == null ? [] : lines(digest))));
        return {
          verdicts,
          findings: await findingsIn(spool),
          documents: [...documents, totals?.differing],
          linesJoined,
        };
      },
      { memoryMaxMb: MEMORY_MB, directory: folder },
    );
  });
}

async function findingsIn(spool: Parameters<typeof RecordNotes.in>[0]): Promise<readonly unknown[]> {
  const file = await spool.file(FINDINGS.file);
  await file.flush();
  if (file.isEmpty) return [];
  return (await readFile(file.path, 'utf8')).trimEnd().split('\n');
}

async function lines(digest: string): Promise<readonly unknown[]> {
  const all: unknown[] = [];
  for await (const line of readLines(room, digest)) all.push(line);
  return all;
}

test.each([1, 2, 3, 4, 5, 6])('findings, verdicts and documents are the same to the byte (seed %i)', async (seed) => {
  const sides = sidesOf(seededRandom(seed));
  const [sifted, whole] = [await told(sides, 1), await told(sides, 0)];
  expect(whole.linesJoined).toBe(sides.expected.length);
  expect(sifted.linesJoined).toBeLessThan(sides.expected.length / 2);
  expect({ ...sifted, linesJoined: 0 }).toEqual({ ...whole, linesJoined: 0 });
});
