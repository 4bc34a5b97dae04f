/** A connector that keeps every rule but one: what is given is laid over what it does. */
import type { Connector, ConnectorError, Source, Spool, Staged, Target } from '../../../plugins/sdk/index.ts';
import { memoryPlace, type MemoryPlace } from '../../../plugins/memory/index.ts';

export interface Twist {
  readonly connector?: Partial<Connector>;
  readonly source?: (sound: Source, config: unknown, log: (fact: string) => void) => Partial<Source>;
  readonly target?: (sound: Target, config: unknown, log: (fact: string) => void, spool: Spool) => Partial<Target>;
}

/** What it does wrong, the scenario that has to catch it, what that has to say, and how it is done. */
export type Broken = readonly [what: string, scenario: string, why: string, twist: Twist];

/** The sound connector with one twist. */
export function twisted(sound: Connector, { connector, source, target }: Twist): Connector {
  return {
    ...sound,
    openSource: async (config, context, signal) => {
      const opened = required(await sound.openSource?.(config, context, signal));
      return { ...opened, ...source?.(opened, config, (fact) => context.log(fact, { fact })) };
    },
    openTarget: async (config, context, signal) => {
      const opened = required(await sound.openTarget?.(config, context, signal));
      return { ...opened, ...target?.(opened, config, (fact) => context.log(fact, { fact }), context.spool) };
    },
    ...connector,
  };
}

function required<T>(opened: T | undefined): T {
  if (opened === undefined) throw new Error('the sound connector opens in both roles');
  return opened;
}

/** The place that a configuration of the memory connector names. */
export function placeIn(config: unknown): MemoryPlace {
  return memoryPlace((config as { readonly place: string }).place);
}

/** Passes every entry through a change; `undefined` leaves it out. */
export async function* changed<T>(entries: AsyncIterable<T>, change: (entry: T) => T | undefined): AsyncGenerator<T> {
  for await (const entry of entries) {
    const kept = change(entry);
    if (kept !== undefined) yield kept;
  }
}

export async function gathered(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(Uint8Array.from(chunk));
  return Buffer.concat(chunks);
}

export async function* pieces(...bytes: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* bytes;
}

export const isLost = (error: unknown) => (error as ConnectorError).code === 'OUTCOME_UNKNOWN';
export const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

/** Changes the bytes on their way into the stage. */
export function staging(change: (bytes: Buffer) => Uint8Array): Twist {
  return {
    target: (sound) => ({
      stage: async (parcel, bytes, signal) => sound.stage(parcel, pieces(change(await gathered(bytes))), signal),
    }),
  };
}

/** Changes what a stage says. */
export function saying(change: (staged: Staged) => Staged): Twist {
  return {
    target: (sound) => ({
      stage: async (parcel, bytes, signal) => change(await sound.stage(parcel, bytes, signal)),
    }),
  };
}

type Commit = Target['commit'];

export function committing(change: (sound: Target, config: unknown) => Commit): Twist {
  return { target: (sound, config) => ({ commit: change(sound, config) }) };
}
