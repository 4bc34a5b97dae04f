/** Surveying a source that lists without a disk: listing alone and with every item opened, against a bare listing. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Figure } from './figure.ts';
import type { Surveyed } from './survey/surveyor.ts';
import { AS_TYPESCRIPT } from '../test/support/typescript.ts';

const ITEMS_DEFAULT = 50_000;
const ITEMS_FULL = 1_000_000;
const ITEMS_SMALL = 10_000;
const SURVEYOR = join(import.meta.dirname, 'survey', 'surveyor.ts');

/** `full`: a million items. One round: the figure to watch is the one at ten thousand items beside it. */
export async function run(full = false): Promise<readonly Figure[]> {
  const items = full ? ITEMS_FULL : ITEMS_DEFAULT;
  const bare = await work('list', items, 'none');
  const figures: Figure[] = [];
  for (const scope of ['none', 'all'] as const) {
    const little = await work('survey', ITEMS_SMALL, scope);
    figures.push(...figuresOf(scope, little, await work('survey', items, scope), bare));
  }
  const name = `bare listing of ${bare.listed / 1_000} k items`;
  return [...figures, { name, value: items / bare.seconds, unit: 'items/s', cpuSeconds: bare.cpuSeconds }];
}

async function work(act: 'list' | 'survey', items: number, scope: 'none' | 'all'): Promise<Surveyed> {
  const folder = await mkdtemp(join(tmpdir(), 'waybill-bench-'));
  try {
    const args = [...AS_TYPESCRIPT, SURVEYOR, act, folder, String(items), scope];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const surveyed = JSON.parse(stdout) as Surveyed;
    const inspected = act === 'survey' && scope === 'all' ? items : 0;
    if (surveyed.listed === items && surveyed.inspected === inspected) return surveyed;
    throw new Error(`${surveyed.listed} of ${items} items were listed, ${surveyed.inspected} opened`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function figuresOf(scope: 'none' | 'all', little: Surveyed, much: Surveyed, bare: Surveyed): readonly Figure[] {
  const how = scope === 'all' ? 'every item opened' : 'listed only';
  const size = `${much.listed / 1_000} k items, ${how}`;
  const peer = `itself at ${little.listed / 1_000} k`;
  const costOf = ({ cpuSeconds, listed }: Surveyed) => (cpuSeconds / listed) * 1_000;
  return [
    {
      name: `survey of ${size}`,
      value: much.listed / much.seconds,
      unit: 'items/s',
      cpuSeconds: much.cpuSeconds,
      ratio: much.cpuSeconds / bare.cpuSeconds,
      peer: 'CPU of a bare listing',
    },
    {
      name: `CPU an item of ${size}`,
      value: costOf(much),
      unit: 'ms',
      ratio: costOf(much) / costOf(little),
      peer,
      goal: '<= 1.1 x',
    },
    {
      name: `peak RSS of ${size}`,
      value: much.peakMb,
      unit: 'MB',
      ratio: much.peakMb / little.peakMb,
      peer,
      goal: '<= 1.2 x',
    },
  ];
}
