import { ConnectorError, requireSafePath, type Item, type Source } from '@waybill/connector-sdk';
import { distort, suffer } from './fault.ts';
import type { MemoryPlace } from './place.ts';

const CHUNK_BYTES = 64 * 1024;

/** A place read as a source. */
export function memorySource(place: MemoryPlace): Source {
  return {
    async *list(signal) {
      await suffer(place.faults.due('list', ''), '', signal);
      for (const [path, file] of place.files) {
        signal.throwIfAborted();
        requireSafePath(path);
        const item: Item = { path, sizeBytes: file.bytes.byteLength, modifiedAt: file.modifiedAt };
        const effects = place.faults.due('list', path).map((effect) => effect.kind);
        if (effects.includes('omit')) continue;
        yield item;
        if (effects.includes('duplicate')) yield item;
      }
    },
    read(path, offsetBytes, signal) {
      return readFile(place, path, offsetBytes, signal);
    },
    close: async () => {},
  };
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
