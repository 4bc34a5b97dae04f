/** Faults that a place shows on request: the ways real systems fail, one at a time and on purpose. */
import { ConnectorError, type ErrorCode } from '@waybill/connector-sdk';

export type FaultyAct = 'check' | 'open' | 'list' | 'read' | 'stat' | 'stage' | 'commit' | 'discard' | 'listing';

export type Effect =
  /** Throws the coded error; in a stream after `atByte` bytes. */
  | {
      readonly kind: 'fail';
      readonly code: ErrorCode;
      readonly atByte?: number | undefined;
      readonly retryAfterMs?: number | undefined;
    }
  /** Throws an error no connector should throw. */
  | { readonly kind: 'defect'; readonly message: string }
  /** Flips the lowest bit of one byte: in what is read, in what is staged, or after a commit in what was committed. */
  | { readonly kind: 'corrupt'; readonly atByte: number }
  /** Ends a stream early as if it were whole, or stores less than was sent. */
  | { readonly kind: 'truncate'; readonly atByte: number }
  /** Lists an item twice, or commits every record of a parcel twice. */
  | { readonly kind: 'duplicate' }
  /** Loses the answer of a commit that landed, or did not. */
  | { readonly kind: 'drop'; readonly landed: boolean }
  /** Leaves an item out of a list, or says that it committed and does not. */
  | { readonly kind: 'omit' }
  /** Never answers. */
  | { readonly kind: 'hang' };

export interface PlantedFault {
  readonly on: FaultyAct;
  /** Only for this item path, parcel path or target id; for any when absent. */
  readonly path?: string | undefined;
  /** Only for the n-th matching call, counted from 1; for every one when absent. */
  readonly nth?: number | undefined;
  readonly effect: Effect;
}

/** Counts calls and hands out the effects that are due. */
export class FaultPlan {
  readonly #planted: { readonly fault: PlantedFault; seen: number }[] = [];

  plant(fault: PlantedFault): void {
    this.#planted.push({ fault, seen: 0 });
  }

  clear(): void {
    this.#planted.length = 0;
  }

  /** The effects due on this call, counted as one call. */
  due(on: FaultyAct, path: string): readonly Effect[] {
    return this.#planted.flatMap((planted) => {
      const { fault } = planted;
      if (fault.on !== on || (fault.path !== undefined && fault.path !== path)) return [];
      planted.seen++;
      return fault.nth === undefined || fault.nth === planted.seen ? [fault.effect] : [];
    });
  }
}

/** Shows the effects that need no bytes: coded errors, defects, silence. */
export async function suffer(effects: readonly Effect[], path: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  for (const effect of effects) {
    if (effect.kind === 'fail' && effect.atByte === undefined) throw planted(effect, path);
    if (effect.kind === 'defect') throw new TypeError(effect.message);
    if (effect.kind === 'hang') await untilAborted(signal);
  }
}

/** The bytes as the effects leave them, and the error to throw after them, if any. */
export function distort(
  bytes: Uint8Array,
  effects: readonly Effect[],
  path: string,
): { readonly bytes: Uint8Array; readonly error?: ConnectorError } {
  let seen = bytes;
  for (const effect of effects) {
    if (effect.kind === 'corrupt' && effect.atByte < seen.byteLength) seen = flipped(seen, effect.atByte);
    if (effect.kind === 'truncate') seen = seen.subarray(0, effect.atByte);
    if (effect.kind === 'fail' && effect.atByte !== undefined) {
      return { bytes: seen.subarray(0, effect.atByte), error: planted(effect, path) };
    }
  }
  return { bytes: seen };
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

function planted(effect: Effect & { readonly kind: 'fail' }, path: string): ConnectorError {
  return new ConnectorError(effect.code, `planted: ${effect.code} at ${JSON.stringify(path)}`, {
    retryAfterMs: effect.retryAfterMs,
  });
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
