/** Every eligible item of a batch and what transfer says became of it: survey, manifest and record side by side. */
import type { Sha256 } from '../../../kernel/digest.ts';
import { brokenPromise } from '../../../kernel/fault.ts';
import type { Id } from '../../../kernel/id.ts';
import type { ItemState } from './disposition.ts';

export interface SurveyLine {
  readonly itemId: Id;
  readonly path: string;
  readonly sizeBytes: number;
  /** RFC 3339, where the source says when it was changed. */
  readonly modifiedAt?: string;
  readonly excluded?: string;
}

export interface ManifestLine {
  readonly itemId: Id;
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: Sha256 | null;
  readonly records: number | null;
}

export interface RecordedParcel {
  readonly key: string;
  readonly targetId: string;
  readonly shape: 'bytes' | 'records';
  /** Records by the keyed digests of their source keys. */
  readonly parts?: readonly { readonly key: string; readonly targetId: string }[];
}

export interface RecordLine {
  readonly itemId: Id;
  readonly state: 'moved' | 'set-aside' | 'failed';
  readonly reason?: { readonly code: string; readonly subject?: string };
  readonly parcels: readonly RecordedParcel[];
}

export interface EligibleItem {
  /** Its line in the survey, from 1. */
  readonly ordinal: number;
  readonly itemId: Id;
  readonly path: string;
  readonly state: ItemState;
  readonly sizeBytes: number;
  /** When it was last changed at the source, where that is known. RFC 3339. */
  readonly modifiedAt: string | null;
  /** Of the original in the strongroom; null for what was excluded or could not be read at the source. */
  readonly sha256: Sha256 | null;
  /** What the manifest counted in it. */
  readonly records: number | null;
  readonly reason: { readonly code: string; readonly subject?: string | undefined } | null;
  readonly parcels: readonly RecordedParcel[];
  /** The remedy that moved it last; everything but its place in the survey is of that movement. Null: its batch. */
  readonly movedBy: Id | null;
}

/**
 * Walks the three sealed documents side by side: manifest and record keep the order of the survey. Nothing in the
 * manifest or the record may be missing from the survey: that would change what was eligible.
 */
export async function* eligibleItems(
  survey: AsyncIterable<SurveyLine>,
  manifest: AsyncIterable<ManifestLine>,
  record: AsyncIterable<RecordLine>,
): AsyncGenerator<EligibleItem> {
  const packed = new Follower(manifest);
  const moved = new Follower(record);
  let ordinal = 0;
  for await (const line of survey) {
    ordinal += 1;
    const { itemId, path, sizeBytes, modifiedAt = null, excluded } = line;
    const row = await packed.take(itemId);
    const fate = await moved.take(itemId);
    const state = excluded !== undefined ? 'excluded' : (fate?.state ?? 'absent');
    yield {
      ...{ ordinal, itemId, path, state, modifiedAt },
      sizeBytes: row?.sizeBytes ?? sizeBytes,
      sha256: row?.sha256 ?? null,
      records: row?.records ?? null,
      reason: fate?.reason ?? null,
      parcels: fate?.parcels ?? [],
      movedBy: null,
    };
  }
  await packed.requireEnd('manifest');
  await moved.requireEnd('transfer record');
}

/** Goes along with a list that has the same order and may have more. */
class Follower<T extends { readonly itemId: Id }> {
  readonly #lines: AsyncIterator<T>;
  #next: Promise<IteratorResult<T>> | undefined;

  constructor(lines: AsyncIterable<T>) {
    this.#lines = lines[Symbol.asyncIterator]();
  }

  async take(itemId: Id): Promise<T | undefined> {
    this.#next ??= this.#lines.next();
    const next = await this.#next;
    if (next.done === true || next.value.itemId !== itemId) return undefined;
    this.#next = undefined;
    return next.value;
  }

  async requireEnd(what: string): Promise<void> {
    const next = await (this.#next ?? this.#lines.next());
    if (next.done === true) return;
    throw brokenPromise(`the ${what} names an item that the survey does not, or in another order`, next.value.itemId);
  }
}
