/** Reads every parcel of bytes of an item back and holds its digest against the sealed manifest. */
import type { EligibleItem, RecordedParcel } from '../domain/account.ts';
import { finding, type Finding } from '../domain/finding.ts';
import { addVerdicts, NO_VERDICTS, type VerdictCounts } from '../domain/verdict.ts';
import type { Desk } from './read-original.ts';
import { ARRIVED, PARCELS } from './scratch.ts';
import { type BytesArrived, isPrefix, readBytes, type Target } from './target.ts';

/** An item that passes through is one unit: this is its verdict, as counts. */
export async function readBack(
  desk: Desk,
  target: Target,
  item: EligibleItem,
  signal: AbortSignal,
): Promise<VerdictCounts> {
  const { task, findings } = desk;
  if (item.state === 'excluded') return NO_VERDICTS;
  const parcels = item.parcels.filter(({ shape }) => shape === 'bytes');
  if (task.lineage !== null && parcels.length === 0) return NO_VERDICTS;
  const unit = { source: 1 };
  const [parcel] = parcels;
  if (parcel === undefined || item.state !== 'moved') {
    if (item.state === 'moved') await findings.add(item.ordinal, notAtTarget(item, null, 'NO_PARCEL'));
    return addVerdicts(NO_VERDICTS, { ...unit, missingOnTarget: 1 });
  }
  const arrived = await readBytes(target, parcel.targetId, signal);
  await note(desk, item, parcel, arrived);
  const found = await judge(desk, item, parcel, arrived);
  if (found !== undefined) await findings.add(item.ordinal, found);
  return addVerdicts(NO_VERDICTS, { ...unit, ...verdictOf(arrived, found) });
}

function verdictOf(arrived: BytesArrived, found: Finding | undefined): Partial<VerdictCounts> {
  switch (arrived.kind) {
    case 'read':
      return found === undefined ? { target: 1, matched: 1 } : { target: 1, differs: 1 };
    case 'missing':
      return { missingOnTarget: 1 };
    case 'unreadable':
      return { target: 1, unreadable: 1 };
    default:
      return arrived satisfies never;
  }
}

async function note(desk: Desk, item: EligibleItem, parcel: RecordedParcel, arrived: BytesArrived): Promise<void> {
  const { ordinal: n, itemId: i, path: p } = item;
  const { key: k, targetId: g } = parcel;
  await (await desk.spool.file(PARCELS.file)).line({ n, i, k, p, g });
  if (arrived.kind !== 'read') return;
  await (await desk.spool.file(ARRIVED.file)).line({ i, p, g, z: arrived.sizeBytes, d: arrived.sha256 });
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

function notAtTarget(item: EligibleItem, targetId: string | null, code: string): Finding {
  const note = 'the item is not at the target';
  return finding({ origin: 'fixity', category: 'missing-record', itemId: item.itemId, targetId, code, note });
}
