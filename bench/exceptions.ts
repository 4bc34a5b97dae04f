/**
 * The queue of open exceptions, a hundred thousand or, `--full`, a million: pages by every filter and order, against
 * the same pages at ten thousand.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../kernel/clock.ts';
import { loadConfig } from '../runtime/config.ts';
import { type Database, openDatabase } from '../runtime/database.ts';
import { openPool } from '../runtime/postgres.ts';
import {
  countOfExceptions,
  type ExceptionFilter,
  type ExceptionOrder,
  pageOfExceptions,
} from '../subgraphs/validation/store/exception-pages.ts';
import { validationStore } from '../subgraphs/validation/store/store.ts';
import type { Figure } from './figure.ts';
import { median } from './rounds.ts';
import { seed } from './exceptions/seed.ts';

const LARGE = 100_000;
const LARGE_FULL = 1_000_000;
const SMALL = 10_000;
const PAGE_ROWS = 50;
const PAGES = 20;
const NOW = '2026-11-01T12:00:00.000Z';

type Ask = { readonly filter: ExceptionFilter; readonly order?: ExceptionOrder };

const OPEN = ['open', 'owned'] as const;
const within = { migrationId: 'm', states: OPEN };
const LISTS: Readonly<Record<string, Ask>> = {
  all: { filter: within },
  'by severity': { filter: within, order: { field: 'severity', direction: 'asc' } },
  'by due time, last first': { filter: within, order: { field: 'dueAt', direction: 'desc' } },
};
const FILTERS: Readonly<Record<string, Ask>> = {
  category: { filter: { ...within, categories: ['orphan'] } },
  'two severities': { filter: { ...within, severities: ['P1', 'P3'] } },
  'four categories by due time': {
    filter: { ...within, categories: ['orphan', 'truncation', 'unreadable', 'value-mismatch'] },
    order: { field: 'dueAt', direction: 'asc' },
  },
  dataset: { filter: { ...within, datasetIds: ['ds7'] } },
  owner: { filter: { ...within, owners: ['owner3'] } },
  'an owner who has few': { filter: { ...within, owners: ['rare'] } },
  unowned: { filter: { ...within, isUnowned: true } },
  overdue: { filter: { ...within, isOverdue: true }, order: { field: 'dueAt', direction: 'asc' } },
  cause: { filter: { ...within, causeIds: ['cause77'] } },
  state: { filter: { migrationId: 'm', states: ['owned'] } },
  'P1 by due time': {
    filter: { ...within, severities: ['P1'] },
    order: { field: 'dueAt', direction: 'asc' },
  },
  'dataset and severity': { filter: { ...within, datasetIds: ['ds7'], severities: ['P1'] } },
  'category and owner': { filter: { ...within, categories: ['orphan'], owners: ['owner3'] } },
};

export async function run(full = false): Promise<readonly Figure[]> {
  const rows = full ? LARGE_FULL : LARGE;
  const figures = await measured('SQLite', rows, undefined);
  const server = loadConfig().environment('WAYBILL_TEST_POSTGRES');
  if (server === undefined) return figures;
  const name = `waybill_bench_${randomBytes(6).toString('hex')}`;
  const admin = await openPool(server);
  await admin.pool.query(`create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  try {
    return [...figures, ...(await measured('PostgreSQL', rows, url.href))];
  } finally {
    await admin.pool.query(`drop database ${name} with (force)`);
    await admin.close();
  }
}

async function measured(product: string, rows: number, url: string | undefined): Promise<readonly Figure[]> {
  const directory = await mkdtemp(join(tmpdir(), 'waybill-bench-'));
  const database = await openDatabase({ url, directory, stores: [validationStore], clock: systemClock });
  try {
    await seed(database, SMALL, 'm');
    const little = await times(database);
    const started = performance.now();
    await seed(database, rows, 'm');
    process.stderr.write(`${product}: ${rows} rows in ${((performance.now() - started) / 1000).toFixed(0)} s\n`);
    const much = await times(database);
    return Object.entries(much).map(([name, { p95, worst }]) => {
      const before = little[name]?.p95 ?? p95;
      const figure = { value: p95, unit: 'ms', ratio: p95 / before, peer: 'itself at 10 k' };
      return {
        name: `${product}, ${rows / 1000} k open: p95 of ${name}${worst === '' ? '' : ` (slowest: ${worst})`}`,
        ...figure,
      };
    });
  } finally {
    await database.close();
    await rm(directory, { recursive: true, force: true });
  }
}

type Times = Readonly<Record<string, { readonly p95: number; readonly worst: string }>>;

async function times(database: Database): Promise<Times> {
  return {
    'a page': await slowest(database, LISTS),
    'a filtered page': await slowest(database, FILTERS),
    'the count of a filter': { p95: p95Of(await counts(database)), worst: '' },
  };
}

/** The p95 over every page of every question, and which question has the highest median. */
async function slowest(database: Database, asks: Readonly<Record<string, Ask>>) {
  const all: number[] = [];
  let worst = { name: '', median: 0 };
  for (const [name, ask] of Object.entries(asks)) {
    const own = await pages(database, ask);
    const usual = median(own);
    if (usual > worst.median) worst = { name: `${name}, ${usual.toFixed(1)} ms`, median: usual };
    all.push(...own);
  }
  return { p95: p95Of(all), worst: worst.name };
}

async function pages(database: Database, { filter, order = { field: 'seq', direction: 'asc' } }: Ask) {
  const took: number[] = [];
  let after: { value: string | number; id: string } | undefined;
  for (let page = 0; page < PAGES; page++) {
    const from = performance.now();
    const options = { limit: PAGE_ROWS + 1, after, now: NOW };
    const rows = await database.store('validation').read((em) => pageOfExceptions(em, filter, order, options));
    took.push(performance.now() - from);
    const last = rows.at(-1);
    after = last && rows.length > PAGE_ROWS ? { value: last[order.field], id: last.id } : undefined;
  }
  return took;
}

async function counts(database: Database): Promise<readonly number[]> {
  const took: number[] = [];
  for (const { filter } of [...Object.values(LISTS), ...Object.values(FILTERS)]) {
    const from = performance.now();
    await database.store('validation').read((em) => countOfExceptions(em, filter, NOW));
    took.push(performance.now() - from);
  }
  return took;
}

function p95Of(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length * 0.95)] ?? 0;
}
