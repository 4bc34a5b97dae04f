/** What a way of reconciling costs: its seconds, those of the processors, and the memory this process ever held. */
import { readFile } from 'node:fs/promises';
import { openPool } from '../../runtime/postgres.ts';

type PoolClient = Awaited<ReturnType<Awaited<ReturnType<typeof openPool>>['pool']['connect']>>;

export interface Cost {
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** The most this process ever held. */
  readonly peakMb: number;
}

/** Ours: in all, and of it the matching, when the marks are made, which each record gets as it is read. */
export interface OurCost extends Cost {
  readonly matching: Cost;
}

export async function measured(work: () => Promise<void>): Promise<Cost> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { seconds: (performance.now() - started) / 1000, cpuSeconds: (user + system) / 1e6, peakMb: peakMb() };
}

function peakMb(): number {
  return process.resourceUsage().maxRSS / 1024;
}

/** The same of work in PostgreSQL; the CPU is that of the process that serves us. */
export async function measuredInPostgres(url: string, work: (client: PoolClient) => Promise<void>): Promise<Cost> {
  const { pool, close } = await openPool(url);
  const client = await pool.connect();
  try {
    const answer = (await client.query('select pg_backend_pid() pid')) as { rows: { pid: number }[] };
    const pid = answer.rows[0]?.pid ?? 0;
    const [before, started] = [await cpuOf(pid), performance.now()];
    await work(client);
    const seconds = (performance.now() - started) / 1000;
    return { seconds, cpuSeconds: (await cpuOf(pid)) - before, peakMb: 0 };
  } finally {
    client.release();
    await close();
  }
}

/** The one number a query answers. */
export async function numberOf(client: PoolClient, query: string): Promise<number> {
  const answer = (await client.query(query)) as { rows: { count: string }[] };
  return Number(answer.rows[0]?.count);
}

const TICKS_PER_SECOND = 100;

/** User and system seconds of a process of this machine; 0 where it cannot be seen. */
async function cpuOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const [, , , , , , , , , , , user = '0', system = '0'] = stat.slice(stat.lastIndexOf(')')).split(' ');
  return (Number(user) + Number(system)) / TICKS_PER_SECOND;
}
