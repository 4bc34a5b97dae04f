/** Every item of a batch: its original read and judged, and its bytes read back where it was drawn. */
import type { EligibleItem } from '../domain/account.ts';
import type { DrawnFor } from '../domain/sampling/outcome.ts';
import { findingOfReason, findingOfSilence } from '../domain/transfer-reason.ts';
import type { Seen } from './batch-work.ts';
import { drawSample, isLookedInto, type Sample } from './draw-sample.ts';
import { inParallel } from './in-parallel.ts';
import { itemsOf } from './items-of.ts';
import { readByReceipt } from './read-actual.ts';
import { lookForIt, readBack } from './read-back.ts';
import { type Desk, readOriginal } from './read-original.ts';
import { type ItemLine, ITEMS } from './scratch.ts';
import type { Target } from './target.ts';

type Totals = Pick<Seen, 'items' | 'bytes' | 'records' | 'sampling'>;
type Counts = { -readonly [N in 'items' | 'bytes' | 'records']: number };

/** The drawn ones first: what they come to decides whether the others are looked into as well. */
export async function visitItems(desk: Desk, target: Target, signal: AbortSignal): Promise<Totals> {
  const { house, plan } = desk.task;
  const totals: Counts = { items: 0, bytes: 0, records: 0 };
  const of = { desk, target, signal, totals };
  // What cannot be read back is vouched for by no sample: each item stands for itself.
  const isReadable = house.host.capabilities(plan.target.connector).readBack !== false;
  const draw = isReadable ? desk.task.draw : ({ draw: 'all', reason: 'not-readable' } as const);
  if (draw.draw === 'all') {
    await visitEach({ ...of, sample: undefined }, () => ({ depth: 'drawn' }));
    return { ...totals, sampling: { ...draw, population: totals.items } };
  }
  const sample = await drawSample(desk.task, draw);
  const visits = { ...of, sample };
  const isFirst = (item: EligibleItem): boolean => !isLookedInto(item) || sample.drawnFor(item) !== undefined;
  await visitEach(visits, (item) => {
    return isFirst(item) ? { depth: 'drawn', drawnFor: sample.drawnFor(item) } : undefined;
  });
  const isRejected = sample.isRejected();
  await visitEach(visits, (item) => {
    if (isFirst(item)) return undefined;
    return isRejected ? { depth: 'drawn', drawnFor: 'rejected' } : { depth: 'not-drawn' };
  });
  return { ...totals, sampling: sample.outcome() };
}

interface Visits {
  readonly desk: Desk;
  readonly target: Target;
  readonly signal: AbortSignal;
  readonly totals: Counts;
  readonly sample: Sample | undefined;
}

interface Turn {
  readonly depth: 'drawn' | 'not-drawn';
  readonly drawnFor?: DrawnFor | undefined;
}

/** Visits the items whose turn it is. */
async function visitEach(visits: Visits, turnOf: (item: EligibleItem) => Turn | undefined): Promise<void> {
  const { desk, signal, totals } = visits;
  const { house, batch, policy, dataset } = desk.task;
  const items = dataset.items ?? 0;
  await inParallel(itemsOf(desk.task), policy.validation.concurrency, async (item) => {
    signal.throwIfAborted();
    const turn = turnOf(item);
    if (turn === undefined) return;
    await visit(visits, item, turn);
    totals.items += 1;
    if (item.sha256 !== null) totals.bytes += item.sizeBytes;
    totals.records += item.records ?? 0;
    house.watchers.progressed({ batchId: batch.id, step: 'reading-back', itemsDone: totals.items, items });
  });
}

async function visit(visits: Visits, item: EligibleItem, turn: Turn): Promise<void> {
  const { desk, target, signal } = visits;
  const { ordinal: n, itemId: i, path: p, state: s, reason, parcels } = item;
  if (item.movedBy !== null) desk.movedBy.set(i, item.movedBy);
  if (s === 'absent') await desk.findings.add(n, findingOfSilence(item));
  else if (s !== 'moved' && s !== 'excluded') {
    await desk.findings.add(n, findingOfReason(item, reason ?? { code: 'NO_REASON' }));
  }
  let reading = { q: 'readable' as 'readable' | 'unreadable', r: 0 };
  const found = await desk.findings.during(n, async () => {
    reading = await readOriginal(desk, item);
  });
  const { x, gives, said } = await lookInto(visits, item, turn, found);
  if (target.listing === undefined) await readByReceipt(desk, target, item, signal);
  const b = parcels.filter(({ shape }) => shape === 'bytes').length;
  await (await desk.spool.lines(ITEMS)).line({ n, i, p, s, ...reading, b, c: parcels.length - b, x, gives, said });
}

type LookedInto = Pick<ItemLine, 'x' | 'gives' | 'said'>;

/** Reads the item back, or where it was not drawn and nothing speaks for it, looks whether it is there. */
async function lookInto(visits: Visits, item: EligibleItem, turn: Turn, found: number): Promise<LookedInto> {
  const { desk, target, signal, sample } = visits;
  let { depth, drawnFor } = turn;
  if (depth === 'not-drawn' && found > 0 && sample?.findings === 'drawn') {
    [depth, drawnFor] = ['drawn', 'finding'];
  }
  if (depth === 'not-drawn') {
    const looked = await lookForIt(desk, target, item, signal);
    if ('said' in looked) {
      sample?.note(undefined, 'sound');
      return { x: false, gives: 'given-back', said: looked.said };
    }
    drawnFor = looked.against;
  }
  const { verdict, gives, said } = await readBack(desk, target, item, signal);
  if (isLookedInto(item)) sample?.note(drawnFor, verdict === 'matched' ? 'sound' : 'defective');
  return { x: true, gives, said };
}
