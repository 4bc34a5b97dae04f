/** Peak memory and cost an item of a whole migration of 10,000 small files, and of many more. Memory must not grow. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { stringify } from 'yaml';
import { startWaybill } from '../test/support/waybill.ts';
import type { Figure } from './figure.ts';

const FEW = 10_000;
const MANY = { name: '100 k', items: 100_000 } as const;
/** As many as the goal says. */
const FULL = { name: '1 M', items: 1_000_000 } as const;
const FILES_PER_FOLDER = 1_000;
const SAMPLE_EVERY_MS = 200;

/** `full`: a million files, which takes hours. */
export async function run(full: boolean): Promise<readonly Figure[]> {
  const many = full ? FULL : MANY;
  const [small, large] = [await migrate(FEW), await migrate(many.items)];
  return [
    { name: 'peak RSS at 10 k items', value: small.peakMb, unit: 'MB' },
    {
      name: `peak RSS at ${many.name} items`,
      value: large.peakMb,
      unit: 'MB',
      ratio: large.peakMb / small.peakMb,
      peer: 'itself at 10 k',
      goal: '<= 1.2 x',
    },
    { name: 'cost an item at 10 k', value: small.millisecondsAnItem, unit: 'ms', cpuSeconds: small.cpuSeconds },
    {
      name: `cost an item at ${many.name}`,
      value: large.millisecondsAnItem,
      unit: 'ms',
      cpuSeconds: large.cpuSeconds,
      ratio: large.millisecondsAnItem / small.millisecondsAnItem,
      peer: 'itself at 10 k',
      goal: '<= 1.1 x',
    },
  ];
}

interface Measured {
  readonly peakMb: number;
  readonly millisecondsAnItem: number;
  readonly cpuSeconds: number;
}

async function migrate(items: number): Promise<Measured> {
  const place = mkdtempSync(join(tmpdir(), 'waybill-bench-'));
  try {
    const plan = layOut(place, items);
    const started = performance.now();
    const running = startWaybill(['migrate', plan, '--data', join(place, 'data'), '--json'], { directory: place });
    let peakMb = 0;
    let cpuSeconds = 0;
    let isRunning = true;
    const ended = running.ended.finally(() => {
      isRunning = false;
    });
    while (isRunning) {
      peakMb = Math.max(peakMb, peakOf(running.process.pid));
      cpuSeconds = Math.max(cpuSeconds, cpuOf(running.process.pid));
      await pause(SAMPLE_EVERY_MS);
    }
    const { code, stderr } = await ended;
    if (code !== 0) throw new Error(`it ended with ${code}: ${stderr.slice(-400)}`);
    return { peakMb, cpuSeconds, millisecondsAnItem: (performance.now() - started) / items };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

function layOut(place: string, items: number): string {
  for (let at = 0; at < items; at++) {
    const folder = join(place, 'source', String(Math.floor(at / FILES_PER_FOLDER)));
    if (at % FILES_PER_FOLDER === 0) mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `note-${at}.txt`), `Progress note ${at}\n`);
  }
  const local = (name: string) => ({ connector: 'hl7-file-drop', config: { folder: join(place, name) }, secrets: {} });
  mkdirSync(join(place, 'target'));
  const plan = join(place, 'plan.yaml');
  const dataset = {
    name: 'notes',
    tier: 'compliance-archive',
    select: '**',
    format: 'bytes',
    lineage: 'pass-through',
    owner: 'him',
  };
  writeFileSync(
    plan,
    stringify({ migration: 'memory', source: local('source'), target: local('target'), datasets: [dataset] }),
  );
  return plan;
}

function peakOf(pid: number | undefined): number {
  const kilobytes = /VmHWM:\s+(\d+)/.exec(procFile(pid, 'status'))?.[1] ?? '0';
  return Number(kilobytes) / 1024;
}

/** User and system time in seconds (fields 14 and 15 of /proc/PID/stat, in hundredths). */
function cpuOf(pid: number | undefined): number {
  const fields = procFile(pid, 'stat')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / 100;
}

function procFile(pid: number | undefined, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}
