/** Streams from a connector: watched for silence, taken up again where they broke, closed when the reader leaves. */
import type { Fault } from '../../kernel/fault.ts';
import { tooLate, Watch } from './deadline.ts';
import { pauseBeforeRetry, shaped, takeSlot, type Guard } from './guard.ts';
import { translate, type Act } from './translate.ts';

export interface GuardedRead {
  readonly act: Act;
  readonly offsetBytes: number;
  readonly signal: AbortSignal;
  readonly open: (offsetBytes: number, signal: AbortSignal) => AsyncIterable<Uint8Array>;
}

/** Yields the bytes from the offset on. A read that breaks goes on where it broke; the reader sees one stream. */
export async function* readThrough(guard: Guard, read: GuardedRead): AsyncGenerator<Uint8Array> {
  const { act, signal } = read;
  const giveBack = await takeSlot(guard, act, signal);
  try {
    let position = read.offsetBytes;
    yield* resuming(guard, act, signal, async function* () {
      // Without the ability to resume, what was delivered already is read again and dropped.
      const from = guard.connector.capabilities.resumeRead ? position : 0;
      let dropBytes = position - from;
      for await (const chunk of watched(guard, act, signal, (inner) => read.open(from, inner))) {
        const fresh = chunk.subarray(Math.min(dropBytes, chunk.byteLength));
        dropBytes -= chunk.byteLength - fresh.byteLength;
        if (fresh.byteLength === 0) continue;
        for await (const piece of shaped(guard, act, fresh, signal)) {
          position += piece.byteLength;
          yield piece;
        }
      }
    });
  } finally {
    giveBack();
  }
}

/** Takes up again what breaks. `open` goes on after what it has yielded, and what it yields ends a row of failures. */
export async function* resuming<T>(
  guard: Guard,
  act: Act,
  signal: AbortSignal,
  open: () => AsyncIterable<T>,
): AsyncGenerator<T> {
  let failures = 0;
  for (let resumes = 0; ; resumes++) {
    try {
      for await (const one of open()) {
        failures = 0;
        yield one;
      }
      return;
    } catch (error) {
      const fault = translate(error, act);
      if (resumes >= guard.limits.resumesMax) throw fault;
      failures++;
      await pauseBeforeRetry(guard, act, signal, fault, failures);
    }
  }
}

export interface GuardedListing<T> {
  readonly act: Act;
  readonly signal: AbortSignal;
  readonly open: (signal: AbortSignal) => AsyncIterable<T>;
  /** How long the first entry may take; as long as any other when left out. */
  readonly firstMs?: number | undefined;
  /** Throws when an entry must not be handed on. */
  readonly admit: (entry: T) => void;
}

/**
 * Yields every entry. It holds no slot, so that entries may be read while they are listed, and it begins again after
 * a failure only while nothing was yielded: a listing has no offset.
 */
export async function* listThrough<T>(guard: Guard, listing: GuardedListing<T>): AsyncGenerator<T> {
  const { act, signal } = listing;
  let yielded = 0;
  for (let failures = 0; ; ) {
    try {
      for await (const entry of listOnce(guard, listing)) {
        yielded++;
        yield entry;
      }
      return;
    } catch (error) {
      const fault: Fault = translate(error, act);
      if (yielded > 0) throw fault;
      failures++;
      await pauseBeforeRetry(guard, act, signal, fault, failures);
    }
  }
}

/** Yields every entry, and fails where the listing does. */
export async function* listOnce<T>(guard: Guard, listing: GuardedListing<T>): AsyncGenerator<T> {
  for await (const entry of watched(guard, listing.act, listing.signal, listing.open, listing.firstMs)) {
    listing.admit(entry);
    yield entry;
  }
}

/** One pass over one opened iterable: every wait for it is limited, and it is told when nobody listens any more. */
async function* watched<T>(
  guard: Guard,
  act: Act,
  signal: AbortSignal,
  open: (signal: AbortSignal) => AsyncIterable<T>,
  firstMs = 0,
): AsyncGenerator<T> {
  const { idleDeadlineMs, preparationMostMs } = guard.limits;
  const preparationMs = Math.min(firstMs, preparationMostMs);
  const watch = new Watch(act, signal, Math.max(idleDeadlineMs, preparationMs), tooLate);
  let isFirst = preparationMs > idleDeadlineMs;
  const iterator = open(watch.signal)[Symbol.asyncIterator]();
  let ended = false;
  try {
    for (;;) {
      watch.moved();
      const next = await watch.race(iterator.next());
      if (next.done === true) {
        ended = true;
        return;
      }
      watch.pause();
      if (isFirst) watch.expect(idleDeadlineMs);
      isFirst = false;
      yield next.value;
    }
  } catch (error) {
    ended = true;
    // Not awaited: an iterator that is late with its next chunk is late with its end too.
    iterator.return?.().catch(() => {});
    throw error;
  } finally {
    watch.close();
    if (!ended) await iterator.return?.();
  }
}
