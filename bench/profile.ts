/** Profiling an extract in one pass, against csv-parse alone on the same bytes. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Figure } from './figure.ts';
import { writeExtract } from './profile/extract.ts';
import type { Reading } from './profile/reader.ts';
import { AS_TYPESCRIPT } from '../test/support/typescript.ts';

const ROWS_DEFAULT = 1_000_000;
const ROWS_FULL = 10_000_000;
const ROUNDS_DEFAULT = 5;
const ROUNDS_FULL = 1;
const ROWS_SMALL = 100_000;
const SEED = 7;
const READER = join(import.meta.dirname, 'profile', 'reader.ts');
/** In turn, one row in a thousand: a damaged character, a key twice, a sentinel date, a date in another format. */
const PLANTED = ['CHARSET_DAMAGED', 'KEY_DUPLICATE', 'DATE_SENTINEL', 'DATE_FORMAT_MIXED'] as const;

/** `full`: ten million rows, once. */
export async function run(full = false): Promise<readonly Figure[]> {
  const [rows, rounds] = full ? [ROWS_FULL, ROUNDS_FULL] : [ROWS_DEFAULT, ROUNDS_DEFAULT];
  const folder = await mkdtemp(join(tmpdir(), 'waybill-bench-'));
  try {
    const small = join(folder, 'small.csv');
    const large = join(folder, 'large.csv');
    await writeExtract(small, ROWS_SMALL, SEED);
    await writeExtract(large, rows, SEED);
    const little = await read('ours', small, folder, ROWS_SMALL);
    const ours: Reading[] = [];
    const theirs: Reading[] = [];
    for (let round = 0; round < rounds; round++) {
      ours.push(await read('ours', large, folder, rows));
      theirs.push(await read('csv-parse', large, folder, rows));
    }
    return figuresOf({ rows, bytes: (await stat(large)).size, little, ours, theirs });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function read(how: 'ours' | 'csv-parse', file: string, folder: string, rows: number): Promise<Reading> {
  const args = [...AS_TYPESCRIPT, READER, how, file, join(folder, 'spill')];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const reading = JSON.parse(stdout) as Reading;
  const missed = how === 'ours' ? PLANTED.filter((code) => reading.findings[code] !== planted(code, rows)) : [];
  if (reading.records !== rows) throw new Error(`${reading.records} of ${rows} rows were read`);
  if (missed.length > 0) throw new Error(`not found as often as planted: ${missed.join(', ')}`);
  return reading;
}

function planted(code: (typeof PLANTED)[number], rows: number): number {
  const wrong = Math.floor(rows / 1_000);
  return Math.floor((wrong + 4 - (PLANTED.indexOf(code) || 4)) / 4);
}

interface Measured {
  readonly rows: number;
  readonly bytes: number;
  readonly little: Reading;
  readonly ours: readonly Reading[];
  readonly theirs: readonly Reading[];
}

function figuresOf({ rows, bytes, little, ours, theirs }: Measured): readonly Figure[] {
  const [seconds, cpuSeconds, peakMb] = [of(ours, 'seconds'), of(ours, 'cpuSeconds'), of(ours, 'peakMb')];
  const size = `${rows / 1e6} M rows of 12 columns, ${Math.round(bytes / 2 ** 20)} MiB`;
  return [
    {
      name: `profile ${size}: every planted fault found`,
      value: rows / seconds,
      unit: 'rows/s',
      cpuSeconds,
      ratio: cpuSeconds / of(theirs, 'cpuSeconds'),
      peer: 'CPU of csv-parse alone',
    },
    { name: 'the same in bytes', value: bytes / 2 ** 20 / seconds, unit: 'MiB/s' },
    {
      name: 'csv-parse alone on the same bytes',
      value: rows / of(theirs, 'seconds'),
      unit: 'rows/s',
      cpuSeconds: of(theirs, 'cpuSeconds'),
    },
    {
      name: 'peak RSS of the profile',
      value: peakMb,
      unit: 'MB',
      ratio: peakMb / little.peakMb,
      peer: `itself at ${ROWS_SMALL / 1e6} M rows`,
      goal: '<= 1.2 x',
    },
  ];
}

function of(readings: readonly Reading[], which: 'seconds' | 'cpuSeconds' | 'peakMb'): number {
  const sorted = readings.map((reading) => reading[which]).toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
