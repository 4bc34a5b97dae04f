/** What a process and those it started hold and have used, as the kernel accounts it; nothing where it does not. */
import { readFileSync } from 'node:fs';

const PAGE_BYTES = 4096;
/** USER_HZ, which is 100 to programs on every machine. */
const TICK_MS = 10;
/** A process behind a wall is the grandchild of what was started. */
const GENERATIONS_MAX = 4;

export interface Usage {
  readonly residentBytes: number;
  /** Of all its threads, since it began. */
  readonly processorMs: number;
}

export function usageOf(pid: number | undefined, generations: number = GENERATIONS_MAX): Usage {
  let [residentBytes, processorMs] = [0, 0];
  if (pid === undefined) return { residentBytes, processorMs };
  // Fields 14, 15 and 24; those from 3 on come behind the name, which may hold anything.
  const fields = read(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ') ?? [];
  processorMs += (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * TICK_MS;
  residentBytes += Number(fields[21] ?? 0) * PAGE_BYTES;
  const children = generations > 1 ? read(`/proc/${pid}/task/${pid}/children`).split(' ') : [];
  for (const child of children.filter((text) => text !== '')) {
    const used = usageOf(Number(child), generations - 1);
    residentBytes += used.residentBytes;
    processorMs += used.processorMs;
  }
  return { residentBytes, processorMs };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
