/** Delivering one parcel: look up, stage, compare, save, commit. Nothing is committed that was not saved as staged. */
import { Fault, isFault } from '../../../kernel/fault.ts';
import { nextStep, parcelAfter, STAGED_DIFFERS } from '../domain/attempt.ts';
import type { Parcel } from '../domain/parcel.ts';
import type { ParcelData } from '../store/attempts.ts';
import type { Receipt, Staged } from './context.ts';
import type { MoveTools, Visit } from './visit.ts';

/** Brings the bytes to the staging place and says what digest they had on the way there. */
export type Stage = () => Promise<{ readonly staged: Staged; readonly sha256: string }>;

export interface Delivered {
  readonly receipt: Receipt;
  /** The committed row; the caller saves it with what follows from it. */
  readonly row: ParcelData;
}

/** The receipt of the parcel, however far an earlier try came. The returned row is not saved yet. */
export async function deliver(tools: MoveTools, visit: Visit, parcel: Parcel, stage: Stage): Promise<Delivered> {
  const known = visit.parcels.get(parcel.key);
  if (nextStep(known?.state) === 'look-up' && known) {
    const receipt = (await tools.target.stat(parcel, tools.signal)) ?? (await commitAgain(tools, parcel, known));
    if (receipt) return committed(known, receipt);
  }
  const { staged, sha256 } = await stage();
  await compare(tools, parcel, staged, sha256);
  const row: ParcelData = {
    key: parcel.key,
    batchId: visit.batchId,
    ordinal: visit.ordinal,
    state: parcelAfter(known?.state, 'stage'),
    shape: parcel.shape,
    sizeBytes: parcel.sizeBytes,
    sha256,
    staged: JSON.stringify(staged),
    targetId: null,
  };
  visit.parcels.set(parcel.key, row);
  await tools.ledger.write({ parcel: row });
  return committed(row, await commit(tools, parcel, staged));
}

/** Commits what an earlier try staged; `undefined` when the target does not have it any more. */
async function commitAgain(tools: MoveTools, parcel: Parcel, known: ParcelData): Promise<Receipt | undefined> {
  if (known.staged === null) return undefined;
  try {
    return await commit(tools, parcel, JSON.parse(known.staged) as Staged);
  } catch (error) {
    if (isFault(error) && error.code === 'ITEM_NOT_FOUND') return undefined;
    throw error;
  }
}

async function commit(tools: MoveTools, parcel: Parcel, staged: Staged): Promise<Receipt> {
  try {
    return await tools.target.commit(parcel, staged, tools.signal);
  } catch (error) {
    // What can never be committed is taken away; what may still be is left for the next try.
    if (isFault(error) && error.retry === 'permanent') await discard(tools, staged);
    throw error;
  }
}

/** The target's own account of what it holds must be what was sent. */
async function compare(tools: MoveTools, parcel: Parcel, staged: Staged, sha256: string): Promise<void> {
  const isSameSize = staged.sizeBytes === parcel.sizeBytes;
  if (isSameSize && (staged.sha256 === undefined || staged.sha256 === sha256)) return;
  await discard(tools, staged);
  throw new Fault({
    code: STAGED_DIFFERS,
    retry: 'transient',
    message: 'the target holds something else than what was sent to it; it was discarded',
    subject: parcel.key,
  });
}

/** What stays behind is unseen and harmless, so a failure here changes nothing. */
export async function discard(tools: MoveTools, staged: Staged): Promise<void> {
  try {
    await tools.target.discard(staged, tools.signal);
  } catch (error) {
    tools.context.log.warn('discard-failed', { code: isFault(error) ? error.code : 'UNEXPECTED', parcel: staged.key });
  }
}

function committed(row: ParcelData, receipt: Receipt): Delivered {
  return {
    receipt,
    row: { ...row, state: parcelAfter(row.state, 'commit'), staged: null, targetId: receipt.targetId },
  };
}
