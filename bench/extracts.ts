/** Two extracts of rows that Waybill never moved, against PostgreSQL that copies the same files in and joins them. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareWhole } from '../records/lineage/compare.ts';
import { openExtract } from '../subgraphs/validation/extracts/open-extract.ts';
import { reconcileExtracts } from '../subgraphs/validation/extracts/reconcile-extracts.ts';
import { COLUMNS, FAULTS, pathOf, SIDES } from './extracts/rows.ts';
import type { Figure } from './figure.ts';
import { type Cost, measured, measuredInPostgres, numberOf } from './reconcile/cost.ts';
import { median } from './rounds.ts';

const POSTGRES = process.env['WAYBILL_TEST_POSTGRES'];
const MEMORY_MB = 192;
const READ_AHEAD_BYTES = 1 << 20;

interface Size {
  readonly rows: number;
  readonly rounds: number;
}
const USUAL: Size = { rows: 1_000_000, rounds: 5 };
const FULL: Size = { rows: 5_000_000, rounds: 3 };

export async function run(full = false): Promise<readonly Figure[]> {
  const { rows, rounds } = full ? FULL : USUAL;
  const folder = await mkdtemp(join(tmpdir(), 'waybill-bench-'));
  try {
    await plant(folder, rows);
    // PostgreSQL reads the files itself.
    await chmod(folder, 0o755);
    const [ours, theirs]: Cost[][] = [[], []];
    for (let round = 0; round < rounds; round++) {
      ours?.push(await measured(() => reconcile(folder)));
      if (POSTGRES !== undefined) theirs?.push(await joinInPostgres(POSTGRES, folder));
    }
    return figuresOf(rows, ours ?? [], theirs ?? []);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** By a process of its own: what making them takes is no memory of ours. */
async function plant(folder: string, rows: number): Promise<void> {
  const [code] = await once(fork(join(import.meta.dirname, 'extracts/plant.ts'), [folder, String(rows)]), 'exit');
  if (code !== 0) throw new Error('the extracts could not be made');
}

async function reconcile(folder: string): Promise<void> {
  const [source, target] = [await opened(pathOf(folder, 'source')), await opened(pathOf(folder, 'target'))];
  const { findings } = await reconcileExtracts({
    ...{ source, target, folder: join(folder, 'scratch'), memoryMaxMb: MEMORY_MB },
    compare: (_type, one, other) => compareWhole(one, other, []),
    found: async () => undefined,
  });
  const repeated = findings.find(({ code }) => code === 'KEY_REPEATED')?.count ?? 0;
  // A doubled row is told three times: where it stands once, and where it stands twice.
  const found = findings.reduce((sum, { count }) => sum + count, 0) - (repeated * 2) / 3;
  if (found !== FAULTS) throw new Error(`${found} of ${FAULTS} faults were found`);
}

async function opened(path: string) {
  const bytes = () => createReadStream(path, { highWaterMark: READ_AHEAD_BYTES });
  const extract = await openExtract({ path, field: 'extract', key: ['mrn'], bytes });
  if (!extract.ok) throw new Error(extract.refusals.map(({ message }) => message).join('; '));
  return extract.value;
}

function joinInPostgres(url: string, folder: string): Promise<Cost> {
  return measuredInPostgres(url, async (client) => {
    for (const side of SIDES) {
      await client.query(`create temp table ${side} (${COLUMNS.map((column) => `${column} text`).join(', ')})`);
      await client.query(`copy ${side} from '${pathOf(folder, side)}' (format csv, header)`);
    }
    const found = await numberOf(
      client,
      `select count(*) from (
      select s.mrn from source s full outer join target t using (mrn)
      where s.mrn is null or t.mrn is null or s is distinct from t
      union all select mrn from source group by mrn having count(*) > 1
      union all select mrn from target group by mrn having count(*) > 1) faults`,
    );
    if (found !== FAULTS) throw new Error(`${found} of ${FAULTS} faults were found by PostgreSQL`);
    await client.query('drop table source, target');
  });
}

function figuresOf(rows: number, ours: readonly Cost[], theirs: readonly Cost[]): readonly Figure[] {
  const middle = (costs: readonly Cost[], which: keyof Cost) => median(costs.map((cost) => cost[which]));
  const millions = rows / 1e6;
  const peak = Math.round(Math.max(...ours.map(({ peakMb }) => peakMb)));
  const figures: Figure[] = [
    {
      name: `reconcile ${millions} M x ${millions} M rows, ${FAULTS} faults, every one found; process ${peak} MB`,
      ...{ value: middle(ours, 'seconds'), unit: 's', cpuSeconds: middle(ours, 'cpuSeconds') },
    },
  ];
  if (theirs.length === 0) return figures;
  for (const [which, word] of [
    ['seconds', 'wall'],
    ['cpuSeconds', 'CPU'],
  ] as const) {
    figures.push({
      name: 'the same files by PostgreSQL, COPY and a full outer join',
      ...{ value: middle(theirs, 'seconds'), unit: 's', cpuSeconds: middle(theirs, 'cpuSeconds') },
      ...{ ratio: middle(ours, which) / middle(theirs, which), peer: `ours of it, ${word}`, goal: '<= 0.1 x' },
    });
  }
  return figures;
}
