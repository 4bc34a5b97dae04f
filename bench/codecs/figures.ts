/** How fast a codec is, as the table of figures shows it. */
import type { Figure } from '../figure.ts';
import type { Cost } from '../rounds.ts';

const MIB = 1024 * 1024;

export interface Against {
  readonly peer: string;
  readonly cost: Cost;
  readonly goal?: string | undefined;
}

/** MiB/s; the ratio to a peer is one of CPU time, the column to trust on a machine that is shared. */
export function throughput(name: string, sizeBytes: number, cost: Cost, against?: Against): Figure {
  const figure = { name, value: sizeBytes / MIB / cost.seconds, unit: 'MiB/s', cpuSeconds: cost.cpuSeconds };
  if (against === undefined) return figure;
  return { ...figure, peer: against.peer, goal: against.goal, ratio: against.cost.cpuSeconds / cost.cpuSeconds };
}

/** The same of messages a second. */
export function rate(name: string, count: number, cost: Cost, against?: Against): Figure {
  return { ...throughput(name, 0, cost, against), value: count / cost.seconds, unit: 'messages/s' };
}

/** A text in pieces as a source hands it over. */
export async function* pieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}

const PIECE_BYTES = 256 * 1024;

/** Holds what is written against what was read, piece by piece; a benchmark of a codec that loses a byte is none. */
export async function sameBytes(written: AsyncIterable<Buffer>, original: Buffer): Promise<void> {
  let at = 0;
  for await (const each of written) {
    if (original.compare(each, 0, each.length, at, at + each.length) !== 0) throw new Error(`differs at byte ${at}`);
    at += each.length;
  }
  if (at !== original.length) throw new Error(`ends at byte ${at}`);
}
