/** How the visit to an item ends, as ledger entries: moved, set aside or failed. */
import { sha256, type Sha256 } from '../../../kernel/digest.ts';
import { NOT_MAPPABLE } from '../domain/attempt.ts';
import type { Fault } from '../../../kernel/fault.ts';
import { entryOf } from './announce.ts';
import type { Receipt } from './context.ts';
import type { LedgerEntry } from './ledger.ts';
import type { MoveTools, Visit } from './visit.ts';

/** The item is in the target now: a clinical fact. The receipt is told by its digest, for it may hold a name. */
export function movedEntry(
  tools: MoveTools,
  visit: Visit,
  inFlight: Sha256,
  receipts: readonly Receipt[],
): LedgerEntry {
  const { source, target } = tools.orders.ends;
  return {
    ending: ending(visit, 'moved', { sha256: inFlight }),
    audit: entryOf(tools.context, {
      action: 'item-committed',
      subject: visit.row.itemId,
      occurrence: visit.batchId,
      plane: 'clinical',
      source: source.connector,
      target: target.connector,
      digests: { inFlight, receipt: sha256(receipts.map(({ targetId }) => targetId).join('\n')) },
    }),
  };
}

/** The item's own fault keeps it out; the others go on. */
export function unmovedEntry(tools: MoveTools, visit: Visit, state: 'set-aside' | 'failed', fault: Fault): LedgerEntry {
  const { source, target } = tools.orders.ends;
  // Only this fault's subject is made by us; another one's may be a path.
  const subject = fault.code === NOT_MAPPABLE ? fault.subject : undefined;
  return {
    ending: ending(visit, state, {
      sha256: visit.flow?.seen ?? null,
      reasonCode: fault.code,
      reasonSubject: subject ?? null,
    }),
    audit: entryOf(tools.context, {
      action: state === 'failed' ? 'item-failed' : 'item-set-aside',
      subject: visit.row.itemId,
      occurrence: visit.batchId,
      source: source.connector,
      target: target.connector,
      outcome: 'failed',
      reason: fault.code,
    }),
  };
}

function ending(
  { batchId, ordinal, row }: Visit,
  state: 'moved' | 'set-aside' | 'failed',
  told: { readonly sha256: Sha256 | null; readonly reasonCode?: string; readonly reasonSubject?: string | null },
) {
  const { itemId, sizeBytes } = row;
  const { sha256: inFlight, reasonCode = null, reasonSubject = null } = told;
  return { batchId, ordinal, itemId, state, sizeBytes, sha256: inFlight, reasonCode, reasonSubject };
}
