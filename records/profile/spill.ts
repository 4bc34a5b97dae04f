/** Room outside memory for sorted runs of identities. */

export interface Spill {
  /** Keeps the chunks under `name`, replacing what was there. */
  write(name: string, chunks: AsyncIterable<Uint8Array>): Promise<void>;
  /** The same bytes; chunks of any size. Throws where they are gone. */
  read(name: string): AsyncIterable<Uint8Array>;
  remove(name: string): Promise<void>;
}

/** For tests, and for data sets known to be small. */
export function memorySpill(): Spill {
  const kept = new Map<string, Buffer>();
  return {
    async write(name, chunks) {
      const parts: Uint8Array[] = [];
      for await (const chunk of chunks) parts.push(Uint8Array.from(chunk));
      kept.set(name, Buffer.concat(parts));
    },
    async *read(name) {
      const bytes = kept.get(name);
      if (bytes === undefined) throw new Error(`nothing was spilled as ${name}`);
      yield bytes;
    },
    async remove(name) {
      kept.delete(name);
    },
  };
}
