/** Matching the records of a batch with those at the target, against a JavaScript map and against PostgreSQL. */
import { execFile } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { sha256 } from '../kernel/digest.ts';
import { ACTUAL, type ActualLine, EXPECTED, type Scratch } from '../subgraphs/validation/work/scratch.ts';
import { type ScratchFile, type Spool, withSpool } from '../subgraphs/validation/work/spool.ts';
import type { Figure } from './figure.ts';
import { type Cost, measured, measuredInPostgres, numberOf, type OurCost } from './reconcile/cost.ts';
import { keysRow, RECORD_TYPE } from './reconcile/keys.ts';
import { median } from './rounds.ts';

const POSTGRES = process.env['WAYBILL_TEST_POSTGRES'];
const RECORDS_PER_ITEM = 1_000;
const LOADER = join(import.meta.dirname, '..', 'cli', 'typescript.mjs');
const ALONE = join(import.meta.dirname, 'reconcile', 'alone.ts');

export interface Size {
  readonly records: number;
  /** What DuckDB may hold, and what all of the process may. */
  readonly memoryMaxMb: number;
  readonly processMaxMb: number;
  /** Lost, doubled or changed at the target, in turn. */
  readonly faults: number;
  readonly rounds: number;
}

const USUAL: Size = { records: 1_000_000, memoryMaxMb: 256, processMaxMb: 300, faults: 500, rounds: 5 };
/** The size of the goal; a round of the peers takes minutes. */
const FULL: Size = { records: 5_000_000, memoryMaxMb: 192, processMaxMb: 300, faults: 500, rounds: 3 };
const LARGEST: Size = { records: 20_000_000, memoryMaxMb: 512, processMaxMb: 1_024, faults: 2_000, rounds: 1 };

/** `full`: at the size of the goal, and four times that alone, within its memory. */
export async function run(full = false): Promise<readonly Figure[]> {
  const figures = await inSpool(full ? FULL : USUAL, beside);
  return full ? [...figures, said(await once(LARGEST))] : figures;
}

/** Ours alone, once, without the peers. Throws when a planted fault is not found. */
export function once(size: Size): Promise<Figure> {
  return inSpool(size, async (at) => oursOf(size, [await match(at)]));
}

/** The whole takes an hour: what is known of it is told at once. */
function said(figure: Figure): Figure {
  process.stderr.write(`${figure.name}: ${figure.value.toFixed(1)} s, CPU ${figure.cpuSeconds?.toFixed(1)} s\n`);
  return figure;
}

async function beside(at: Planted): Promise<readonly Figure[]> {
  const [ours, map, sql]: [OurCost[], Cost[], Cost[]] = [[], [], []];
  if (POSTGRES !== undefined) await writeCsv(at);
  for (let round = 0; round < at.size.rounds; round++) {
    ours.push(await match(at));
    said(oursOf(at.size, ours));
    map.push(await measured(() => matchByMap(at)));
    if (POSTGRES !== undefined) sql.push(await matchByPostgres(POSTGRES, at));
  }
  return [oursOf(at.size, ours), ...figuresOf(ours, map, sql)];
}

interface Planted {
  readonly size: Size;
  readonly spool: Spool;
  readonly folder: string;
  readonly faults: number;
}

async function inSpool<T>(size: Size, work: (at: Planted) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'waybill-bench-'));
  try {
    return await withSpool(join(folder, 'spool'), async (spool) => {
      const faults = await plant(spool, size);
      return work({ size, spool, folder, faults });
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Both sides as validation notes them, and beside each line by what it is matched; how many faults there are. */
async function plant(spool: Spool, { records, faults: wanted }: Size): Promise<number> {
  const faultEvery = records / wanted;
  const [expected, actual] = [await PlantedSide.of(spool, EXPECTED), await PlantedSide.of(spool, ACTUAL)];
  for (const [side, value] of Object.entries({ expected: 1, actual: 2 })) {
    const contents = await spool.file(`${side}.contents`);
    await contents.append(Buffer.from(JSON.stringify({ value })));
    await contents.flush();
  }
  let faults = 0;
  for (let from = 0; from < records; from += RECORDS_PER_ITEM) {
    for (let at = from; at < from + RECORDS_PER_ITEM; at++) {
      const [k, t, d] = [`obs:ORU${String(at).padStart(9, '0')}:1:1`, RECORD_TYPE, sha256(String(at))];
      const [n, o] = [from / RECORDS_PER_ITEM + 1, at - from + 1];
      expected.put({ ...{ n, o, i: `item-${n}`, p: `line ${o}`, w: true }, k, t, d, a: 0, z: 11 });
      const fault = at % faultEvery === 7 ? faults++ % 3 : undefined;
      const g = `Observation/${at}`;
      if (fault !== 0) actual.put({ ...{ g }, k, t, d: fault === 2 ? sha256(`x${at}`) : d, a: 0, z: 11 });
      if (fault === 1) actual.put({ ...{ g: `${g}b` }, k, t, d, a: 0, z: 11 });
    }
    await expected.settle();
    await actual.settle();
  }
  return faults;
}

class PlantedSide {
  readonly #lines: ScratchFile;
  readonly #keys: ScratchFile;

  private constructor(lines: ScratchFile, keys: ScratchFile) {
    this.#lines = lines;
    this.#keys = keys;
  }

  static async of(spool: Spool, { file }: Scratch): Promise<PlantedSide> {
    return new PlantedSide(await spool.file(file), await spool.file(`${file}.keys`));
  }

  put(row: Omit<ActualLine, 'g'>): void {
    const line = JSON.stringify(row);
    this.#lines.put(Buffer.from(`${line}\n`));
    this.#keys.put(keysRow({ ...row, sizeBytes: line.length + 1 }));
  }

  async settle(): Promise<void> {
    await this.#lines.flush();
    await this.#keys.flush();
  }
}

/** In a process of its own: what it held at most is what matching needs, and not what made both sides. */
async function match({ spool, size, faults }: Planted): Promise<OurCost> {
  const given = [spool.folder, String(size.memoryMaxMb), String(faults)];
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', LOADER, ALONE, ...given]);
  return JSON.parse(stdout) as OurCost;
}

/** What a program does that nobody thought about: one side in a map, the other read past it. */
async function matchByMap({ spool, faults: planted }: Planted): Promise<void> {
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

/** Each record is marked as it is read, as what PostgreSQL copies is made before. */
const READY = 'ours with marks made before';

const TABLES = [
  ['expected', EXPECTED.file],
  ['actual', ACTUAL.file],
] as const;

/** What PostgreSQL copies from; making it is not its work. */
async function writeCsv({ spool, folder }: Planted): Promise<void> {
  await chmod(folder, 0o755);
  for (const [table, name] of TABLES) {
    await pipeline(csv(rows(spool, name)), createWriteStream(join(folder, `${table}.csv`)));
  }
}

/** Both sides copied into PostgreSQL and joined there. */
function matchByPostgres(url: string, { folder, faults: planted }: Planted): Promise<Cost> {
  return measuredInPostgres(url, async (client) => {
    for (const [table] of TABLES) {
      await client.query(`create temp table ${table} (t text, k text, d text)`);
      await client.query(`copy ${table} from '${join(folder, `${table}.csv`)}' (format csv)`);
    }
    const count = await numberOf(
      client,
      `select count(*) from (
      select e.k from expected e full outer join actual a using (t, k) where e.k is null or a.k is null or e.d <> a.d
      union all select k from actual group by t, k having count(*) > 1) faults`,
    );
    if (count !== planted) throw new Error(`${count} of ${planted} faults were found by PostgreSQL`);
    await client.query('drop table expected, actual');
  });
}

async function* csv(lines: AsyncIterable<{ t: string; k: string; d: string }>): AsyncGenerator<string> {
  for await (const { t, k, d } of lines) yield `${t},${k},${d}\n`;
}

async function* rows(spool: Spool, name: string): AsyncGenerator<{ t: string; k: string; d: string }> {
  const lines = createInterface({ input: createReadStream(join(spool.folder, name)) });
  for await (const line of lines) yield JSON.parse(line) as { t: string; k: string; d: string };
}

function medianOf(costs: readonly Cost[], which: keyof Cost): number {
  return median(costs.map((cost) => cost[which]));
}

function oursOf({ records, memoryMaxMb, processMaxMb }: Size, ours: readonly OurCost[]): Figure {
  const millions = records / 1e6;
  const peak = Math.round(Math.max(...ours.map(({ peakMb: each }) => each)));
  return {
    name: `match ${millions} M x ${millions} M, ${memoryMaxMb} MB: every fault found; process ${peak} MB`,
    value: medianOf(ours, 'seconds'),
    unit: 's',
    cpuSeconds: medianOf(ours, 'cpuSeconds'),
    goal: `process <= ${processMaxMb} MB`,
  };
}

function figuresOf(ours: readonly OurCost[], map: readonly Cost[], sql: readonly Cost[]): readonly Figure[] {
  const against = (peer: readonly Cost[], name: string, costs: readonly Cost[], which: 'seconds' | 'cpuSeconds') => ({
    name,
    value: medianOf(peer, 'seconds'),
    unit: 's',
    cpuSeconds: medianOf(peer, 'cpuSeconds'),
    ratio: medianOf(costs, which) / medianOf(peer, which),
    peer: which === 'seconds' ? 'ours of it, wall' : 'ours of it, CPU',
  });
  const matching = ours.map(({ matching: each }) => each);
  const sqlName = 'the same by PostgreSQL, COPY and a full outer join';
  return [
    against(map, 'the same by a JavaScript map', ours, 'cpuSeconds'),
    ...(sql.length === 0
      ? []
      : [
          { ...against(sql, sqlName, ours, 'seconds'), goal: '<= 0.1 x' },
          { ...against(sql, sqlName, ours, 'cpuSeconds'), goal: '<= 0.1 x' },
          { ...against(sql, `${sqlName}, whose CSV is made before`, matching, 'seconds'), peer: `${READY}, wall` },
          { ...against(sql, `${sqlName}, whose CSV is made before`, matching, 'cpuSeconds'), peer: `${READY}, CPU` },
        ]),
  ];
}
