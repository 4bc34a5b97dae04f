import { Fault } from '../../kernel/fault.ts';
import { ConnectorError, type Parcel, type Receipt, type Staged, type Target } from '../sdk/index.ts';
import type { TargetListing, TargetRecord } from '../sdk/index.ts';
import { outcomeUnknown, tooLate, Watch } from './deadline.ts';
import { actOf, call, pauseBeforeRetry, shaped, takeSlot, type Guard } from './guard.ts';
import { SCAN, type ScannedTarget } from './isolate/rooms.ts';
import type { Pieces } from './passage.ts';
import { requireSafePath } from './path.ts';
import { listThrough, readThrough } from './stream.ts';
import { translate, type Act } from './translate.ts';

/** A target as the engine sees it. */
export interface HostedTarget extends Target {
  /** As `read`, for whoever is done with a chunk before the next is asked for: that overwrites it. */
  scan(targetId: string, offsetBytes: number, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/** The SDK's shape, the house's faults, ambiguous commits looked up. */
export function guardTarget(guard: Guard, target: ScannedTarget): HostedTarget {
  return {
    stat: async (parcel, signal) => {
      requireParcel(guard, parcel);
      return call(guard, {
        act: actOf(guard, 'stat', parcel.key),
        signal,
        work: (inner) => target.stat(parcel, inner),
      });
    },
    stage: async (parcel, bytes, signal) => {
      requireParcel(guard, parcel);
      return stage(guard, target, parcel, bytes, signal);
    },
    commit: async (parcel, staged, signal) => {
      requireParcel(guard, parcel);
      return commit(guard, target, parcel, staged, signal);
    },
    discard: (staged, signal) =>
      call(guard, {
        act: actOf(guard, 'discard', staged.key),
        signal,
        work: (inner) => target.discard(staged, inner),
      }),
    read: readingBy(guard, (targetId, from, signal) => target.read(targetId, from, signal)),
    scan: readingBy(
      guard,
      (targetId, from, signal) => target[SCAN]?.(targetId, from, signal) ?? target.read(targetId, from, signal),
    ),
    close: () =>
      call(guard, {
        act: actOf(guard, 'close'),
        signal: AbortSignal.timeout(guard.limits.callDeadlineMs),
        work: () => target.close(),
      }),
    ...(target.acknowledgement && {
      acknowledgement: (targetId, signal) =>
        call(guard, {
          act: actOf(guard, 'acknowledgement', targetId),
          signal,
          work: async (inner) => required(await target.acknowledgement?.(targetId, inner)),
        }),
    }),
    withheld: target.withheld,
    decimals: target.decimals,
    listing: target.listing && guardListing(guard, target.listing),
  };
}

function readingBy(guard: Guard, read: Target['read']): Target['read'] {
  return (targetId, offsetBytes, signal) =>
    readThrough(guard, {
      act: actOf(guard, 'read', targetId),
      offsetBytes,
      signal,
      open: (from, inner) => read(targetId, from, inner),
    });
}

function required<T>(said: T | undefined): T {
  if (said !== undefined) return said;
  throw new ConnectorError('UNSUPPORTED', 'the connector no longer says what its receiver said');
}

function guardListing(guard: Guard, listing: TargetListing): TargetListing {
  const through = (
    signal: AbortSignal,
    open: (inner: AbortSignal) => AsyncIterable<TargetRecord>,
  ): AsyncIterable<TargetRecord> => listThrough(guard, { act: actOf(guard, 'listing'), signal, open, admit: () => {} });
  const { chart, recordsByKey } = listing;
  return {
    items: (signal) => through(signal, (inner) => listing.items(inner)),
    records: (type, signal) => through(signal, (inner) => listing.records(type, inner)),
    recordsByKey: recordsByKey && ((type, keys, signal) => through(signal, (inner) => recordsByKey(type, keys, inner))),
    chart: chart && ((targetId, types, signal) => through(signal, (inner) => chart(targetId, types, inner))),
  };
}

/** Tries again only while no byte was taken: what was taken is gone, and only the caller can read it again. */
async function stage(
  guard: Guard,
  target: Target,
  parcel: Parcel,
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<Staged> {
  const act = actOf(guard, 'stage', parcel.key);
  const giveBack = await takeSlot(guard, act, signal);
  try {
    for (let failures = 0; ; ) {
      const watch = new Watch(act, signal, guard.limits.idleDeadlineMs, tooLate);
      const offered = new Offered(bytes, (chunk) => leaving(guard, act, chunk, signal), watch);
      try {
        const work = () => target.stage(parcel, offered.stream(), watch.signal);
        return await watch.race(guard.passage.during(parcel.key, watch, work));
      } catch (error) {
        // A source that breaks is the source's fault, whatever the target made of it.
        if (offered.broken !== undefined) throw offered.broken;
        const fault = translate(error, act);
        if (offered.taken) throw fault;
        failures++;
        await pauseBeforeRetry(guard, act, signal, fault, failures);
      } finally {
        watch.close();
      }
    }
  } finally {
    giveBack();
  }
}

/** The pieces of what is staged, as they may leave. */
function leaving(guard: Guard, act: Act, chunk: Uint8Array, signal: AbortSignal): Pieces {
  return guard.passage.stagesInSpool ? [chunk] : shaped(guard, act, chunk, signal);
}

/** Bytes on their way into a target; remembers whether any were taken and whether their source broke. */
class Offered {
  taken = false;
  broken: unknown;
  readonly #bytes: AsyncIterable<Uint8Array>;
  readonly #shape: (chunk: Uint8Array) => Pieces;
  readonly #watch: Watch;

  constructor(bytes: AsyncIterable<Uint8Array>, shape: (chunk: Uint8Array) => Pieces, watch: Watch) {
    this.#bytes = bytes;
    this.#shape = shape;
    this.#watch = watch;
  }

  async *stream(): AsyncGenerator<Uint8Array> {
    this.taken = true;
    this.#watch.pause();
    try {
      for await (const chunk of this.#bytes) {
        for await (const piece of this.#shape(chunk)) {
          this.#watch.moved();
          yield piece;
          this.#watch.pause();
        }
      }
    } catch (error) {
      this.broken = error;
      throw error;
    } finally {
      this.#watch.moved();
    }
  }
}

/** An ambiguous commit is looked up; only when nothing landed is it repeated, which the contract allows. */
async function commit(
  guard: Guard,
  target: Target,
  parcel: Parcel,
  staged: Staged,
  signal: AbortSignal,
): Promise<Receipt> {
  const act = actOf(guard, 'commit', parcel.key);
  for (let lookUps = 0; ; lookUps++) {
    try {
      return await call(guard, {
        act,
        signal,
        late: outcomeUnknown,
        work: (inner, watch) => guard.passage.during(parcel.key, watch, () => target.commit(parcel, staged, inner)),
      });
    } catch (error) {
      const fault = translate(error, act);
      if (fault.retry !== 'ambiguous' || lookUps >= guard.limits.lookUpsMax) throw fault;
      guard.log('connector-look-up', { connector: act.connector, code: fault.code, lookUps: lookUps + 1 });
      const found = await call(guard, { act, signal, work: (inner) => target.stat(parcel, inner) });
      if (found !== undefined) return found;
    }
  }
}

function requireParcel(guard: Guard, parcel: Parcel): void {
  requireSafePath(parcel.path);
  if (guard.connector.capabilities.shapes.includes(parcel.shape)) return;
  throw new Fault({
    code: 'UNSUPPORTED',
    retry: 'permanent',
    message: `${guard.connector.id} takes ${guard.connector.capabilities.shapes.join(' and ')}, not ${parcel.shape}`,
    subject: parcel.key,
  });
}
