/** Matching the records of a batch with those at the target, against a JavaScript map and against PostgreSQL. */
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { sha256 } from '../kernel/digest.ts';
import { openPool } from '../runtime/postgres.ts';
import { withColumnar } from '../runtime/columnar.ts';
import { matchRecords } from '../subgraphs/validation/work/match.ts';
import type { Desk } from '../subgraphs/validation/work/read-original.ts';
import { ACTUAL, EXPECTED, FindingBook, FINDINGS } from '../subgraphs/validation/work/scratch.ts';
import { type Spool, withSpool } from '../subgraphs/validation/work/spool.ts';
import type { Figure } from './figure.ts';

const POSTGRES = process.env['WAYBILL_TEST_POSTGRES'];
const RECORDS = 1_000_000;
const RECORDS_PER_ITEM = 1_000;
const MEMORY_MAX_MB = 256;
const ROUNDS = 5;
/** One in this many is lost, doubled or changed at the target, in turn. */
const FAULT_EVERY = 2_000;

export async function run(): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'waybill-bench-'));
  try {
    return await withSpool(join(folder, 'spool'), async (spool) => {
      const planted = await plant(spool);
      const ours: Cost[] = [];
      const map: Cost[] = [];
      const sql: Cost[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        ours.push(await measured(() => match(spool, folder, planted)));
        map.push(await measured(() => matchByMap(spool, planted)));
        if (POSTGRES !== undefined) sql.push(await measured(() => matchByPostgres(POSTGRES, spool, folder, planted)));
      }
      return figuresOf(ours, map, sql);
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Cost {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

async function measured(work: () => Promise<void>): Promise<Cost> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { seconds: (performance.now() - started) / 1000, cpuSeconds: (user + system) / 1e6 };
}

/** Both sides as validation notes them; resolves to the number of faults. */
async function plant(spool: Spool): Promise<number> {
  const [expected, actual] = [await spool.file(EXPECTED.file), await spool.file(ACTUAL.file)];
  await (await spool.file('expected.contents')).append(Buffer.from('{"value":1}'));
  await (await spool.file('actual.contents')).append(Buffer.from('{"value":2}'));
  let faults = 0;
  for (let at = 0; at < RECORDS; at++) {
    const [k, t, d] = [`obs:ORU${String(at).padStart(9, '0')}:1:1`, 'Observation', sha256(String(at))];
    const [n, o] = [Math.floor(at / RECORDS_PER_ITEM) + 1, (at % RECORDS_PER_ITEM) + 1];
    await expected.line({ n, o, k, t, i: `item-${n}`, p: `line ${o}`, d, a: 0, z: 11, w: true });
    const fault = at % FAULT_EVERY === 7 ? faults++ % 3 : undefined;
    const g = `Observation/${at}`;
    if (fault !== 0) await actual.line({ k, t, g, d: fault === 2 ? sha256(`x${at}`) : d, a: 0, z: 11 });
    if (fault === 1) await actual.line({ k, t, g: `${g}b`, d, a: 0, z: 11 });
  }
  await expected.flush();
  await actual.flush();
  return faults;
}

async function match(spool: Spool, folder: string, planted: number): Promise<void> {
  const difference = { field: 'value', category: 'value-mismatch', note: 'differs', critical: true } as const;
  const task = { lineage: { compare: () => [difference] } };
  const desk = { task, spool, findings: new FindingBook(spool) } as unknown as Desk;
  const before = (await spool.file(FINDINGS.file)).lines;
  const limits = { memoryMaxMb: MEMORY_MAX_MB, directory: folder };
  await withColumnar(async (db) => {
    await db.run('create table item (n integer, s varchar)');
    await matchRecords(db, desk, {});
  }, limits);
  const found = (await spool.file(FINDINGS.file)).lines - before;
  if (found !== planted) throw new Error(`${found} of ${planted} faults were found`);
}

/** What a program does that nobody thought about: one side in a map, the other read past it. */
async function matchByMap(spool: Spool, planted: number): Promise<void> {
  const open = new Map<string, { readonly d: string; seen: number }>();
  for await (const row of rows(spool, EXPECTED.file)) open.set(`${row.t} ${row.k}`, { d: row.d, seen: 0 });
  let found = 0;
  for await (const row of rows(spool, ACTUAL.file)) {
    const known = open.get(`${row.t} ${row.k}`);
    if (known === undefined) continue;
    known.seen += 1;
    if (known.d !== row.d || known.seen > 1) found += 1;
  }
  for (const { seen } of open.values()) if (seen === 0) found += 1;
  if (found !== planted) throw new Error(`${found} of ${planted} faults were found by the map`);
}

/** Both sides copied into PostgreSQL and joined there. Its CPU is not ours to see, so only its seconds count. */
async function matchByPostgres(url: string, spool: Spool, folder: string, planted: number): Promise<void> {
  await chmod(folder, 0o755);
  const { pool, close } = await openPool(url);
  const client = await pool.connect();
  try {
    for (const [table, name] of [
      ['expected', EXPECTED.file],
      ['actual', ACTUAL.file],
    ] as const) {
      const file = join(folder, `${table}.csv`);
      await pipeline(csv(rows(spool, name)), createWriteStream(file));
      await client.query(`create temp table ${table} (t text, k text, d text)`);
      await client.query(`copy ${table} from '${file}' (format csv)`);
    }
    const answer = (await client.query(`select count(*) from (
      select e.k from expected e full outer join actual a using (t, k) where e.k is null or a.k is null or e.d <> a.d
      union all select k from actual group by t, k having count(*) > 1) faults`)) as { rows: { count: string }[] };
    const count = answer.rows[0]?.count;
    if (Number(count) !== planted) throw new Error(`${count} of ${planted} faults were found by PostgreSQL`);
    await client.query('drop table expected, actual');
  } finally {
    client.release();
    await close();
  }
}

async function* csv(lines: AsyncIterable<{ t: string; k: string; d: string }>): AsyncGenerator<string> {
  for await (const { t, k, d } of lines) yield `${t},${k},${d}\n`;
}

async function* rows(spool: Spool, name: string): AsyncGenerator<{ t: string; k: string; d: string }> {
  const lines = createInterface({ input: createReadStream(join(spool.folder, name)) });
  for await (const line of lines) yield JSON.parse(line) as { t: string; k: string; d: string };
}

function figuresOf(ours: readonly Cost[], map: readonly Cost[], sql: readonly Cost[]): readonly Figure[] {
  const of = (costs: readonly Cost[], which: keyof Cost): number => {
    const sorted = costs.map((cost) => cost[which]).toSorted((left, right) => left - right);
    return sorted[Math.floor(sorted.length / 2)] ?? 0;
  };
  const size = `${RECORDS / 1e6} M x ${RECORDS / 1e6} M records, ${MEMORY_MAX_MB} MB`;
  return [
    {
      name: `match ${size}: every fault found, none invented`,
      value: of(ours, 'seconds'),
      unit: 's',
      cpuSeconds: of(ours, 'cpuSeconds'),
      ratio: of(ours, 'cpuSeconds') / of(map, 'cpuSeconds'),
      peer: 'CPU of a JavaScript map',
    },
    { name: 'the same by a JavaScript map', value: of(map, 'seconds'), unit: 's', cpuSeconds: of(map, 'cpuSeconds') },
    ...sql.slice(0, 1).map(() => ({
      name: 'the same by PostgreSQL, COPY and a full outer join',
      value: of(sql, 'seconds'),
      unit: 's',
      ratio: of(ours, 'seconds') / of(sql, 'seconds'),
      peer: 'ours of it',
      goal: '<= 0.1 x',
    })),
  ];
}
