/** A host over the memory connector, with quick waits, for the tests of what stands between engine and connector. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { systemClock } from '../../../kernel/clock.ts';
import { openConnectorHost, type ConnectorHost, type GuardLimits } from '../../../plugins/host/index.ts';
import { forgetPlace, memoryPlace, type MemoryPlace } from '../../../plugins/memory/index.ts';
import type { Parcel, Source, Target } from '../../../plugins/sdk/index.ts';

const QUICK: Partial<GuardLimits> = { backoffFirstMs: 1, backoffMostMs: 2 };

export interface House {
  readonly host: ConnectorHost;
  readonly place: MemoryPlace;
  readonly log: { readonly fact: string; readonly facts: object | undefined }[];
  readonly source: () => Promise<Source>;
  readonly target: () => Promise<Target>;
  leave(): Promise<void>;
}

export async function enterHouse(limits: Partial<GuardLimits> = {}): Promise<House> {
  const directory = await mkdtemp(join(tmpdir(), 'host-'));
  const name = randomUUID();
  const log: { fact: string; facts: object | undefined }[] = [];
  const host = await openConnectorHost({
    packages: ['@waybill/connector-memory'],
    spoolDirectory: directory,
    environment: () => undefined,
    log: (fact, facts) => log.push({ fact, facts }),
    clock: systemClock,
    limits: { ...QUICK, ...limits },
  });
  const endpoint = { connector: 'memory', config: { place: name }, secrets: {} };
  return {
    host,
    place: memoryPlace(name),
    log,
    source: () => host.source(endpoint, never()),
    target: () => host.target(endpoint, never()),
    leave: async () => {
      await host.close();
      forgetPlace(name);
      await rm(directory, { recursive: true });
    },
  };
}

export function never(): AbortSignal {
  return new AbortController().signal;
}

export function parcel(path: string, sizeBytes = 1): Parcel {
  return { key: `key-of-${path}`, path, shape: 'bytes', mediaType: 'text/plain', sizeBytes };
}

export async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

export async function whole(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export async function all<T>(entries: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const entry of entries) found.push(entry);
  return found;
}

/** What a listing gave before it failed; `failure` is undefined when it did not. */
export async function listedBeforeFailing(
  source: Source,
): Promise<{ readonly paths: string[]; readonly failure: unknown }> {
  const paths: string[] = [];
  try {
    for await (const { path } of source.list(never())) paths.push(path);
    return { paths, failure: undefined };
  } catch (failure) {
    return { paths, failure };
  }
}
