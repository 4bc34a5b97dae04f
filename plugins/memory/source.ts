import { ConnectorError, requireSafePath, type Item, type Source } from '@waybill/connector-sdk';
import { distort, suffer } from './fault.ts';
import type { MemoryPlace } from './place.ts';

const CHUNK_BYTES = 64 * 1024;

/** A place read as a source. */
export function memorySource(place: MemoryPlace): Source {
  return {
    list: (signal) => list(place, pathsOf(place), signal),
    ...(place.listsInOrder && {
      listFrom: (path, signal) =>
        list(
          place,
          pathsOf(place).filter((each) => inOrder(path, each) < 0),
          signal,
        ),
    }),
    read(path, offsetBytes, signal) {
      return readFile(place, path, offsetBytes, signal);
    },
    close: async () => {},
  };
}

function pathsOf({ files, listsInOrder }: MemoryPlace): readonly string[] {
  const paths = [...files.keys()];
  return listsInOrder ? paths.toSorted(inOrder) : paths;
}

function inOrder(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

async function* list(place: MemoryPlace, paths: Iterable<string>, signal: AbortSignal): AsyncGenerator<Item> {
  await suffer(place.faults.due('list', ''), '', signal);
  for (const path of paths) {
    const file = place.files.get(path);
    signal.throwIfAborted();
    // Somebody may take a file away while the others are listed.
    if (file === undefined) continue;
    requireSafePath(path);
    const item: Item = { path, sizeBytes: file.bytes.byteLength, modifiedAt: file.modifiedAt };
    const due = place.faults.due('list', path);
    await suffer(due, path, signal);
    const effects = due.map((effect) => effect.kind);
    if (effects.includes('omit')) continue;
    yield item;
    if (effects.includes('duplicate')) yield item;
  }
}

/** Streams a committed file or an item from the offset on, as the planted faults leave it. */
export async function* readFile(
  place: MemoryPlace,
  path: string,
  offsetBytes: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  requireSafePath(path);
  const effects = place.faults.due('read', path);
  await suffer(effects, path, signal);
  const file = place.files.get(path);
  if (file === undefined) throw new ConnectorError('ITEM_NOT_FOUND', `no item ${JSON.stringify(path)}`);
  yield* slices(file.bytes, offsetBytes, effects, path, signal);
}

/** Yields bytes in chunks from the offset on, distorted, then fails if that is planted. */
export async function* slices(
  whole: Uint8Array,
  offsetBytes: number,
  effects: Parameters<typeof distort>[1],
  path: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const { bytes, error } = distort(whole, effects, path);
  for (let at = offsetBytes; at < bytes.byteLength; at += CHUNK_BYTES) {
    signal.throwIfAborted();
    yield bytes.slice(at, at + CHUNK_BYTES);
  }
  if (error !== undefined) throw error;
}
