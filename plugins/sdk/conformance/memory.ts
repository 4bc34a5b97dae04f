/** Whether what passes through a connector stays in memory. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { holds } from './expect.ts';
import { RETAINED_MAX_BYTES } from './limits.ts';

const BLOCK_BYTES = 1024 * 1024;
const LOOK_EVERY_BYTES = 8 * BLOCK_BYTES;

/** The same bytes for the same place, without holding them. */
export async function* patterned(sizeBytes: number): AsyncGenerator<Uint8Array> {
  const block = Uint8Array.from({ length: BLOCK_BYTES }, (_, at) => (at * 31 + (at >> 11)) & 0xff);
  for (let at = 0; at < sizeBytes; at += BLOCK_BYTES) yield block.subarray(0, Math.min(BLOCK_BYTES, sizeBytes - at));
}

/** Runs `work`, which awaits `look` with how far it is; fails when more is held than what is on its way. */
export async function requireBounded(
  work: (look: (doneBytes: number) => Promise<void>) => Promise<void>,
): Promise<void> {
  const collect = collector();
  const before = await retainedBytes(collect);
  // Each look collects the whole heap, and less than may be held cannot be too much.
  let nextBytes = RETAINED_MAX_BYTES + 1;
  await work(async (doneBytes) => {
    if (doneBytes < nextBytes) return;
    nextBytes = doneBytes + LOOK_EVERY_BYTES;
    const grownBytes = (await retainedBytes(collect)) - before;
    holds(grownBytes <= RETAINED_MAX_BYTES, `after ${doneBytes} bytes, ${grownBytes} are still held in memory`);
  });
}

/** Buffers that were let go are given back a turn after the collection, and counted out by the next one. */
async function retainedBytes(collect: () => void): Promise<number> {
  collect();
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  const { external, heapUsed } = process.memoryUsage();
  return external + heapUsed;
}

/** The garbage collector, which a running program may ask for. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
