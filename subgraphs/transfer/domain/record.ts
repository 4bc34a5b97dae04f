/** The transfer record: what became of every item of the manifest, sealed when the batch has moved. */
import type { Sha256 } from '../../../kernel/digest.ts';
import type { AttemptState, Reason } from './attempt.ts';

/** One line of the record document. */
export type RecordLine = {
  readonly itemId: string;
  readonly path: string;
  readonly state: Exclude<AttemptState, 'under-way'>;
  /** Computed in flight by the move, from the bytes the source sent then; never copied from the manifest. */
  readonly sha256?: Sha256;
  readonly reason?: { readonly code: string; readonly subject?: string };
  readonly parcels: readonly RecordedParcel[];
};

export type RecordedParcel = {
  readonly key: string;
  readonly targetId: string;
  readonly shape: 'bytes' | 'records';
  readonly sizeBytes: number;
  readonly sha256: Sha256;
  /** Records by the keyed digests of their source keys: the document leaves the house, and a key may name a patient. */
  readonly parts?: readonly { readonly key: string; readonly targetId: string }[];
};

export function recordLine(
  item: { readonly itemId: string; readonly path: string },
  attempt: {
    readonly state: Exclude<AttemptState, 'under-way'>;
    readonly sha256: Sha256 | null;
    readonly reason: Reason | null;
  },
  parcels: readonly RecordedParcel[],
): RecordLine {
  const { sha256, reason } = attempt;
  return {
    itemId: item.itemId,
    path: item.path,
    state: attempt.state,
    ...(sha256 !== null && { sha256 }),
    ...(reason && {
      reason: reason.subject === undefined ? { code: reason.code } : { code: reason.code, subject: reason.subject },
    }),
    parcels,
  };
}
