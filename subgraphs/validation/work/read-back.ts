/** Reads every parcel of bytes of an item back and holds its digest against the sealed manifest. */
import type { Sha256 } from '../../../kernel/digest.ts';
import type { EligibleItem, RecordedParcel } from '../domain/account.ts';
import { type Acknowledgement, acknowledgementText } from '../domain/disposition.ts';
import { finding, type Finding } from '../domain/finding.ts';
import type { Verdict } from '../domain/verdict.ts';
import type { Desk } from './read-original.ts';
import { ARRIVED, UNITS } from './scratch.ts';
import { askReceiver, type BytesArrived, isPrefix, lookAtEnd, readBytes, type Target } from './target.ts';

/** What became of an item that was looked for. */
export interface ReadBackOutcome {
  /** Undefined: the item is no unit. */
  readonly verdict: Verdict | undefined;
  readonly gives: 'given-back' | 'kept';
  /** In words; null where no receiver is asked. */
  readonly said: string | null;
}

const NO_UNIT: ReadBackOutcome = { verdict: undefined, gives: 'given-back', said: null };

/** An item that passes through is one unit; its verdict is taken down. */
export async function readBack(
  desk: Desk,
  target: Target,
  item: EligibleItem,
  signal: AbortSignal,
): Promise<ReadBackOutcome> {
  const { task, findings } = desk;
  const [parcel] = item.parcels.filter(({ shape }) => shape === 'bytes');
  if (item.state === 'excluded' || (task.lineage !== null && parcel === undefined)) return NO_UNIT;
  const { ordinal: n } = item;
  const units = await desk.spool.lines(UNITS);
  if (parcel === undefined || item.state !== 'moved') {
    if (item.state === 'moved') await findings.add(n, notAtTarget(item, null, 'NO_PARCEL'));
    await units.line({ n, v: 'missing-on-target' });
    return { ...NO_UNIT, verdict: 'missing-on-target' };
  }
  const arrived = await readBytes(target, parcel.targetId, signal);
  const said = await askReceiver(target, parcel.targetId, signal);
  await note(desk, item, parcel, arrived);
  const found = await judge(desk, item, parcel, arrived);
  if (found !== undefined) await findings.add(n, found);
  const unsaid = judgeReceiver(item, parcel, arrived, said);
  if (unsaid !== undefined) await findings.add(n, unsaid);
  const verdict = verdictOf(arrived, found, said);
  await units.line({ n, v: verdict });
  const gives = arrived.kind === 'kept' ? 'kept' : 'given-back';
  return { verdict, gives, said: said === null ? null : acknowledgementText(said) };
}

/**
 * An item that was not drawn: whether it is there, as long as it ought to be, and accepted where a receiver is asked.
 * Then that is all that is known. Otherwise what speaks against it, so that it is looked into after all.
 */
export async function lookForIt(
  desk: Desk,
  target: Target,
  item: EligibleItem,
  signal: AbortSignal,
): Promise<Pick<ReadBackOutcome, 'said'> | { readonly against: 'size' | 'answer' }> {
  const parcel = item.parcels.find(({ shape }) => shape === 'bytes');
  if (parcel === undefined) return { against: 'size' };
  if ((await lookAtEnd(target, parcel.targetId, item.sizeBytes, signal)) === 'unlike') return { against: 'size' };
  const said = await askReceiver(target, parcel.targetId, signal);
  if (said !== null && said.outcome !== 'accepted') return { against: 'answer' };
  await note(desk, item, parcel, { kind: 'read', sizeBytes: item.sizeBytes, sha256: null });
  await (await desk.spool.lines(UNITS)).line({ n: item.ordinal, v: 'not-drawn' });
  return { said: said === null ? null : acknowledgementText(said) };
}

function verdictOf(arrived: BytesArrived, found: Finding | undefined, said: Acknowledgement | null): Verdict {
  if (arrived.kind === 'read') return found === undefined ? 'matched' : 'differs';
  if (arrived.kind === 'kept' && said?.outcome === 'accepted') return 'acknowledged';
  if (arrived.kind === 'kept' && said?.outcome === 'refused') return 'missing-on-target';
  return arrived.kind === 'missing' ? 'missing-on-target' : 'unreadable';
}

/** What is there, with a digest where it was read. */
type Noted = Exclude<BytesArrived, { kind: 'read' }> | { kind: 'read'; sizeBytes: number; sha256: Sha256 | null };

async function note(desk: Desk, item: EligibleItem, parcel: RecordedParcel, arrived: Noted): Promise<void> {
  const { ordinal: n, itemId: i, path: p } = item;
  const { key: k, targetId: g } = parcel;
  await desk.parcels.bring({ n, i, k, p, g });
  if (arrived.kind !== 'read') return;
  await (await desk.spool.lines(ARRIVED)).line({ n, i, p, g, z: arrived.sizeBytes, d: arrived.sha256 });
}

/** What is wrong with the bytes that arrived, if anything. */
export async function judge(
  desk: Pick<Desk, 'task'>,
  item: EligibleItem,
  parcel: RecordedParcel,
  arrived: BytesArrived,
): Promise<Finding | undefined> {
  const { targetId } = parcel;
  const about = { origin: 'fixity', itemId: item.itemId, targetId } as const;
  // What is kept can only be told by its receiver.
  if (arrived.kind === 'kept') return undefined;
  if (arrived.kind !== 'read') {
    if (arrived.kind === 'missing') return notAtTarget(item, targetId, arrived.code);
    const note = 'the target did not give the item back';
    return finding({ ...about, category: 'unreadable', code: arrived.code, note });
  }
  const { sizeBytes, sha256 } = arrived;
  if (sha256 === item.sha256 || item.sha256 === null) return undefined;
  const original = desk.task.house.strongroom.read(item.sha256);
  if (sizeBytes < item.sizeBytes && (await isPrefix(original, sizeBytes, sha256))) {
    const note = `the target holds the first ${sizeBytes} of ${item.sizeBytes} bytes`;
    return finding({ ...about, category: 'truncation', code: 'BYTES_CUT_OFF', note });
  }
  const note =
    sizeBytes === item.sizeBytes
      ? `the target holds other bytes: ${sizeBytes} of them, as many as the original`
      : `the target holds other bytes: ${sizeBytes} where the original has ${item.sizeBytes}`;
  return finding({ ...about, category: 'digest-mismatch', code: 'BYTES_DIFFER', note });
}

/** What is wrong with what the receiver said, if anything. */
export function judgeReceiver(
  item: EligibleItem,
  { targetId }: RecordedParcel,
  arrived: BytesArrived,
  said: Acknowledgement | null,
): Finding | undefined {
  const about = { origin: 'fixity', itemId: item.itemId, targetId } as const;
  if (said === null) {
    if (arrived.kind !== 'kept') return undefined;
    const note = 'the target does not give the item back, and no receiver is asked';
    return finding({ ...about, category: 'unreadable', code: arrived.code, note });
  }
  if (said.outcome === 'accepted') return undefined;
  const note = `the item was delivered and is ${acknowledgementText(said)}`;
  const position = `message ${said.about}`;
  return said.outcome === 'refused'
    ? finding({ ...about, category: 'missing-record', code: 'REFUSED_BY_RECEIVER', position, note })
    : finding({ ...about, category: 'unreadable', code: 'NOT_ACKNOWLEDGED', position, note });
}

function notAtTarget(item: EligibleItem, targetId: string | null, code: string): Finding {
  const note = 'the item is not at the target';
  return finding({ origin: 'fixity', category: 'missing-record', itemId: item.itemId, targetId, code, note });
}
