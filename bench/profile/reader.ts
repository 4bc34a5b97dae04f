/** Reads an extract once, in a process of its own: `ours FILE FOLDER` profiles it, `csv-parse FILE` only parses it. */
import { createReadStream } from 'node:fs';
import { resourceUsage } from 'node:process';
import { parse } from 'csv-parse';
import { FileSpill } from '../../records/profile/file-spill.ts';
import { DatasetProfiler } from '../../records/profile/profiler.ts';

export interface Reading {
  readonly records: number;
  readonly findings: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMb: number;
}

const READ_AHEAD_BYTES = 1 << 20;
const [, , how, file = '', folder = ''] = process.argv;
const started = performance.now();
const cpu = process.cpuUsage();
const { records, findings } = how === 'ours' ? await profile() : await parseOnly();
const { user, system } = process.cpuUsage(cpu);
const reading: Reading = {
  records,
  findings,
  seconds: (performance.now() - started) / 1000,
  cpuSeconds: (user + system) / 1e6,
  peakMb: resourceUsage().maxRSS / 1024,
};
process.stdout.write(JSON.stringify(reading));

async function profile(): Promise<Pick<Reading, 'records' | 'findings'>> {
  const spill = await FileSpill.open(folder);
  const profiler = new DatasetProfiler({ format: 'delimited', today: new Date('2026-11-25'), spill });
  await profiler.add('visits.csv', createReadStream(file, { highWaterMark: READ_AHEAD_BYTES }));
  const told = await profiler.profile();
  await profiler.discard();
  return { records: told.records, findings: Object.fromEntries(told.findings.map(({ code, count }) => [code, count])) };
}

async function parseOnly(): Promise<Pick<Reading, 'records' | 'findings'>> {
  let rows = -1;
  for await (const _ of createReadStream(file, { highWaterMark: READ_AHEAD_BYTES }).pipe(parse({}))) rows += 1;
  return { records: rows, findings: {} };
}
