/** From everything noted of a batch to its exceptions and the disposition of each of its items. */
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Json } from '../../../kernel/canonical-json.ts';
import type { Lease } from '../../../runtime/store.ts';
import { assuranceOf, dispositionOf, proofOf, type ReadBack, type Superseded } from '../domain/disposition.ts';
import type { Cohort } from '../domain/exception.ts';
import type { Finding } from '../domain/finding.ts';
import { settle } from '../domain/settle.ts';
import { unopened } from '../domain/workflow.ts';
import { keepDispositions } from '../store/dispositions.ts';
import { itemsInDoubt } from '../store/exceptions.ts';
import type { ItemDisposition } from '../store/tables.ts';
import type { BatchTask } from './batch-work.ts';
import { Raiser } from './raise.ts';
import type { Desk } from './read-original.ts';
import { rowsByItem, rowsOf } from './rows.ts';
import { FINDINGS, type ItemLine, NO_ITEM } from './scratch.ts';
import { scratchTable } from './scratch-tables.ts';

/** Findings of one item that are settled one by one; what is beyond is told as one finding for each category. */
const FINDINGS_PER_ITEM_MAX = 10_000;

export function cohortOf({ migration, dataset, batch, plan }: BatchTask): Cohort {
  const { tier, id: datasetId, name } = dataset;
  return {
    migrationId: migration.id,
    datasetId,
    batchId: batch.id,
    tier,
    dataset: name,
    owner: plan.owner,
    scope: datasetId,
  };
}

/** Raises an exception for each fault behind the findings. */
export async function settleFindings(db: DuckDBConnection, desk: Desk, lease: Lease): Promise<void> {
  const { task } = desk;
  const raiser = new Raiser(task.house, task.migration, task.policy, lease);
  const cohort = cohortOf(task);
  await scratchTable(db, desk, 'finding', FINDINGS);
  for await (const { item, findings, sharers } of byItem(db)) {
    const { s: state, q: reading, r: records } = item ?? NOTHING;
    const standing = item === null ? findings : settle(findings, { state, reading, records });
    const batchId = task.batch.id;
    const items = item === null ? [] : [{ itemId: item.i, batchId }];
    const others = [...sharers].map((itemId) => ({ itemId, batchId }));
    for (const found of standing) {
      const isShared = found.origin === 'match' && others.length > 0;
      await raiser.add({ found, path: item?.p ?? null, cohort, items: isShared ? [...items, ...others] : items });
    }
  }
  await raiser.flush();
}

const NOTHING = { s: 'moved', q: 'readable', r: 0 } as const satisfies Partial<ItemLine>;

interface ItemFindings {
  /** Null for findings that no item is about. */
  readonly item: ItemLine | null;
  readonly findings: readonly Finding[];
  /** Items that make the same records and are accounted to them: what is wrong with one is wrong with theirs. */
  readonly sharers: ReadonlySet<string>;
}

interface Gathering {
  readonly n: number;
  readonly item: ItemLine | null;
  readonly findings: Finding[];
  readonly sharers: Set<string>;
  /** What is beyond the limit, by category: the first, and how many. */
  readonly beyond: Map<string, { readonly first: Finding; times: number }>;
}

async function* byItem(db: DuckDBConnection): AsyncGenerator<ItemFindings> {
  // What a finding is held against is worked out first: asked within the join, each is held against all of them.
  const ofMatch = (name: string): string =>
    `case when json_extract_string(f, '$.origin') = 'match' then json_extract_string(f, '$.${name}') end`;
  const query = `with shared as (select t, k, string_agg(distinct i, ' ') sharers from alike group by t, k),
      told as (select n, x, f, ${ofMatch('recordType')} t, ${ofMatch('record')} k from finding)
    select told.n fn, told.f, shared.sharers, item.* from told left join item using (n)
    left join shared on shared.t = told.t and shared.k = told.k
    order by told.n, x`;
  let current: Gathering | undefined;
  for await (const row of rowsOf<ItemLine & { fn: number; f: string; sharers: string | null }>(db, query)) {
    if (current === undefined || current.n !== row.fn) {
      if (current !== undefined) yield gathered(current);
      current = {
        n: row.fn,
        item: row.fn === NO_ITEM ? null : row,
        findings: [],
        sharers: new Set(),
        beyond: new Map(),
      };
    }
    for (const itemId of row.sharers?.split(' ') ?? []) current.sharers.add(itemId);
    take(current, JSON.parse(row.f) as Finding);
  }
  if (current !== undefined) yield gathered(current);
}

function take({ n, findings, beyond }: Gathering, found: Finding): void {
  if (findings.length < FINDINGS_PER_ITEM_MAX || n === NO_ITEM) {
    findings.push(found);
    return;
  }
  const known = beyond.get(found.category);
  if (known) known.times += 1;
  else beyond.set(found.category, { first: found, times: 1 });
}

function gathered({ item, findings, sharers, beyond }: Gathering): ItemFindings {
  const rest = [...beyond.values()].map(({ first, times }): Finding => {
    const note = `${times} more of this category in the item, not told apart`;
    return {
      ...first,
      record: null,
      recordType: null,
      targetId: null,
      field: null,
      position: 'beyond the limit',
      note,
    };
  });
  return { item, findings: [...findings, ...rest], sharers };
}

const ITEMS_PER_COMMIT_MAX = 500;

/** Gives every item its disposition. What is waived is accepted, not mended: it stays quarantined. */
export async function disposeItems(db: DuckDBConnection, desk: Desk, readBack: ReadBack, lease: Lease): Promise<void> {
  const unread = new Set<number>();
  const query = `select distinct n from finding where json_extract_string(f, '$.category') = 'unreadable'
    and json_extract_string(f, '$.origin') in ('fixity', 'match')`;
  for await (const { n } of rowsOf<{ n: number }>(db, query)) unread.add(n);
  let some: DisposedLine[] = [];
  const items = (some: (ordinal: string) => string): string =>
    `select item.*, l.records, l.successor, l.successors from item
    left join (select n, count(*) as records, min(ni) as successor,
    count(distinct ni) as successors from superseded where ${some('n')} group by n) l using (n)
    where ${some('item.n')} order by n`;
  for await (const item of rowsByItem<DisposedLine>(db, items, join(desk.spool.folder, 'items.sorted'))) {
    some.push(item);
    if (some.length < ITEMS_PER_COMMIT_MAX) continue;
    await keep(desk, some, unread, readBack, lease);
    some = [];
  }
  await keep(desk, some, unread, readBack, lease);
}

/** An item, and what became of those of its records that stand in a later version. */
interface DisposedLine extends ItemLine {
  readonly records: number | null;
  readonly successor: string | null;
  readonly successors: number | null;
}

function supersededOf({ records, successor: by, successors }: DisposedLine): Superseded | null {
  return records === null || by === null ? null : { records, by, others: Number(successors) - 1 };
}

async function keep(
  desk: Desk,
  items: readonly DisposedLine[],
  unread: ReadonlySet<number>,
  readBack: ReadBack,
  lease: Lease,
): Promise<void> {
  const { batch, house } = desk.task;
  await house.store.transact(async (unit) => {
    await unit.hold(lease);
    const ids = items.map(({ i }) => i);
    const doubts = await itemsInDoubt(unit.em, ids);
    const rows = items.map((item): ItemDisposition => {
      const { n: ordinal, i: itemId, p: path, s: state, b: bytes, r: records, x, gives, said } = item;
      const delivered = {
        ...{ bytes, records, unreadable: unread.has(ordinal) ? 1 : 0, superseded: supersededOf(item) },
        depth: x ? ('drawn' as const) : ('not-drawn' as const),
        ...{ giving: gives, acknowledgement: said },
      };
      const { level, method, ends } = assuranceOf(state, delivered, readBack);
      const disposition = dispositionOf(state, doubts.has(itemId) ? 'in-doubt' : 'sound', proofOf({ ends }));
      const workflow = unopened({ level, ends }, readBack.charts);
      return { batchId: batch.id, itemId, ordinal, path, state, disposition, level, method, ends, workflow };
    });
    await keepDispositions(unit, rows);
  });
}

/** A line of the dispositions document. */
export function dispositionLine(row: ItemDisposition, exceptions: readonly string[]): Json {
  const { itemId, path, state, disposition, level, method, ends, workflow } = row;
  const assurance = { level, method, ends, ...(workflow != null && { workflow }) };
  return { itemId, path, state, disposition, assurance, exceptions };
}
