/** How much of a cap is used by transfers that always have more, on the real clock, and what the fullest 10 s hold. */
import { type BandwidthRules, NO_CAPS } from '../kernel/bandwidth.ts';
import { systemClock } from '../kernel/clock.ts';
import { Bandwidth } from '../runtime/bandwidth.ts';
import type { Figure } from './figure.ts';

const CAPS = [
  { name: '1 MB/s', bytesPerSecond: 1_000_000 },
  { name: '50 MB/s', bytesPerSecond: 50_000_000 },
] as const;
const CONNECTIONS = 4;
const CHUNK_BYTES = 256 * 1024;
const WARM_UP_MS = 1_000;
const WINDOW_MS = 10_000;
const WINDOWS = 2;

export async function run(): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const { name, bytesPerSecond } of CAPS) {
    const grants = await granted(bytesPerSecond);
    const capBytes = (bytesPerSecond * WINDOW_MS) / 1000;
    const used = sumOf(grants, WARM_UP_MS, WARM_UP_MS + WINDOWS * WINDOW_MS) / WINDOWS / capBytes;
    const fullest = Math.max(...grants.map(({ atMs }) => sumOf(grants, atMs, atMs + WINDOW_MS))) / capBytes;
    figures.push(
      { name: `used of ${name}`, value: 100 * used, unit: '%', goal: '>= 95 %' },
      { name: `fullest 10 s at ${name}`, value: 100 * fullest, unit: '%', goal: '<= 100 %' },
    );
  }
  return figures;
}

interface Grant {
  readonly atMs: number;
  readonly bytes: number;
}

async function granted(bytesPerSecondMax: number): Promise<readonly Grant[]> {
  const bandwidth = new Bandwidth({ clock: systemClock });
  const rules: BandwidthRules = { ...NO_CAPS, route: { bytesPerSecondMax, hours: [] } };
  const grants: Grant[] = [];
  const [started, chunk, never] = [performance.now(), Buffer.alloc(CHUNK_BYTES), new AbortController().signal];
  const passedMs = (): number => performance.now() - started;
  const move = async (): Promise<void> => {
    const connection = bandwidth.connection('bench', rules);
    while (passedMs() < WARM_UP_MS + WINDOWS * WINDOW_MS) {
      for await (const { byteLength: bytes } of connection.pieces(chunk, never))
        grants.push({ atMs: passedMs(), bytes });
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, move));
  return grants;
}

function sumOf(grants: readonly Grant[], fromMs: number, toMs: number): number {
  return grants.reduce((sum, { atMs, bytes }) => sum + (atMs >= fromMs && atMs < toMs ? bytes : 0), 0);
}
