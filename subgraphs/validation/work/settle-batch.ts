/** From everything noted of a batch to its exceptions and the disposition of each of its items. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Json } from '../../../kernel/canonical-json.ts';
import type { Lease } from '../../../runtime/store.ts';
import { assuranceOf, dispositionOf, type ReadBack } from '../domain/disposition.ts';
import type { Cohort } from '../domain/exception.ts';
import type { Finding } from '../domain/finding.ts';
import { settle } from '../domain/settle.ts';
import { keepDispositions } from '../store/dispositions.ts';
import { itemsInDoubt } from '../store/exceptions.ts';
import type { ItemDisposition } from '../store/tables.ts';
import type { BatchTask } from './batch-work.ts';
import { scratchTable } from './match.ts';
import { Raiser } from './raise.ts';
import type { Desk } from './read-original.ts';
import { rowsOf } from './rows.ts';
import { FINDINGS, type ItemLine, NO_ITEM } from './scratch.ts';

/** Findings of one item that are settled one by one; what is beyond is told as one finding for each category. */
const FINDINGS_PER_ITEM_MAX = 10_000;

export function cohortOf({ migration, dataset, batch, plan }: BatchTask): Cohort {
  const { tier, id: datasetId } = dataset;
  return { migrationId: migration.id, datasetId, batchId: batch.id, tier, owner: plan.owner, scope: datasetId };
}

/** Raises an exception for each fault behind the findings. */
export async function settleFindings(db: DuckDBConnection, desk: Desk, lease: Lease): Promise<void> {
  const { task } = desk;
  const raiser = new Raiser(task.house, task.migration.id, task.policy, lease);
  const cohort = cohortOf(task);
  await scratchTable(db, desk, 'finding', FINDINGS);
  for await (const { item, findings } of byItem(db)) {
    const { s: state, q: reading, r: records } = item ?? NOTHING;
    const standing = item === null ? findings : settle(findings, { state, reading, records });
    const items = item === null ? [] : [{ itemId: item.i, batchId: task.batch.id }];
    for (const found of standing) await raiser.add({ found, path: item?.p ?? null, cohort, items });
  }
  await raiser.flush();
}

const NOTHING = { s: 'moved', q: 'readable', r: 0 } as const satisfies Partial<ItemLine>;

interface ItemFindings {
  /** Null for findings that no item is about. */
  readonly item: ItemLine | null;
  readonly findings: readonly Finding[];
}

interface Gathering {
  readonly n: number;
  readonly item: ItemLine | null;
  readonly findings: Finding[];
  /** What is beyond the limit, by category: the first, and how many. */
  readonly beyond: Map<string, { readonly first: Finding; times: number }>;
}

async function* byItem(db: DuckDBConnection): AsyncGenerator<ItemFindings> {
  const query = 'select finding.n fn, finding.f, item.* from finding left join item using (n) order by finding.n, x';
  let current: Gathering | undefined;
  for await (const row of rowsOf<ItemLine & { fn: number; f: string }>(db, query)) {
    if (current === undefined || current.n !== row.fn) {
      if (current !== undefined) yield gathered(current);
      current = { n: row.fn, item: row.fn === NO_ITEM ? null : row, findings: [], beyond: new Map() };
    }
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

function gathered({ item, findings, beyond }: Gathering): ItemFindings {
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
  return { item, findings: [...findings, ...rest] };
}

const ITEMS_PER_COMMIT_MAX = 500;

/** Gives every item its disposition. What is waived is accepted, not mended: it stays quarantined. */
export async function disposeItems(db: DuckDBConnection, desk: Desk, readBack: ReadBack, lease: Lease): Promise<void> {
  const unread = new Set<number>();
  const query = `select distinct n from finding where json_extract_string(f, '$.category') = 'unreadable'
    and json_extract_string(f, '$.origin') in ('fixity', 'match')`;
  for await (const { n } of rowsOf<{ n: number }>(db, query)) unread.add(n);
  let some: ItemLine[] = [];
  for await (const item of rowsOf<ItemLine>(db, 'select * from item order by n')) {
    some.push(item);
    if (some.length < ITEMS_PER_COMMIT_MAX) continue;
    await keep(desk, some, unread, readBack, lease);
    some = [];
  }
  await keep(desk, some, unread, readBack, lease);
}

async function keep(
  desk: Desk,
  items: readonly ItemLine[],
  unread: ReadonlySet<number>,
  readBack: ReadBack,
  lease: Lease,
): Promise<void> {
  const { batch, house } = desk.task;
  await house.store.transact(async (unit) => {
    await unit.hold(lease);
    const ids = items.map(({ i }) => i);
    const doubts = await itemsInDoubt(unit.em, ids);
    const rows = items.map(({ n: ordinal, i: itemId, s: state, b: bytes, c: records, ...rest }): ItemDisposition => {
      const unreadable = unread.has(ordinal) ? 1 : 0;
      const { level, method, ends } = assuranceOf(state, { bytes, records, unreadable }, readBack);
      const disposition = dispositionOf(state, doubts.has(itemId) ? 'in-doubt' : 'sound');
      return { batchId: batch.id, itemId, ordinal, path: rest.p, state, disposition, level, method, ends };
    });
    await keepDispositions(unit, rows);
  });
}

/** A line of the dispositions document. */
export function dispositionLine(row: ItemDisposition, exceptions: readonly string[]): Json {
  const { itemId, path, state, disposition, level, method, ends } = row;
  return { itemId, path, state, disposition, assurance: { level, method, ends }, exceptions };
}
