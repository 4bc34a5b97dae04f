/** Moving one item: tries, waits and tries again within the policy, then says what became of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '../../../kernel/fault.ts';
import { occurrenceId } from '../../../kernel/id.ts';
import { consequenceOf, retryDelay } from '../domain/pause.ts';
import { entryOf } from './announce.ts';
import { unmovedEntry } from './endings.ts';
import { faultOf } from './item-fault.ts';
import { moveMapped } from './move-mapped.ts';
import { moveWhole } from './move-whole.ts';
import type { MoveTools, Visit } from './visit.ts';

/**
 * Resolves to nothing when the item's state is final and saved, and to the fault when transport failed it for good:
 * then the item is still to be moved. Throws when the job cannot go on.
 */
export async function moveItem(tools: MoveTools, visit: Visit): Promise<Fault | undefined> {
  for (let failures = 1; ; failures++) {
    try {
      await moveOnce(tools, visit);
      return undefined;
    } catch (error) {
      if (tools.signal.aborted || tools.ledger.failure !== undefined) throw error;
      const fault = faultOf(tools.context, error, visit.row.itemId);
      // The lanes are stopping: what could still be mended by another try is left to whoever resumes.
      if (tools.halt.isCalled && fault.retry !== 'permanent') return fault;
      const delayMs = retryDelay(fault, failures, tools.orders.policy);
      if (delayMs === undefined) return await conclude(tools, visit, fault);
      await recordRetry(tools, visit, fault);
      await sleep(delayMs, undefined, { signal: tools.signal });
    }
  }
}

async function moveOnce(tools: MoveTools, visit: Visit): Promise<void> {
  delete visit.flow;
  const { itemId, sizeBytes, sha256 } = visit.row;
  if (sha256 === null) {
    await tools.ledger.write(unmovedEntry(tools, visit, 'failed', unreadable(visit)));
    return;
  }
  const promised = { itemId, sizeBytes, sha256 };
  if (tools.lineage === undefined) await moveWhole(tools, visit, promised);
  else await moveMapped(tools, visit, promised, tools.lineage);
}

async function conclude(tools: MoveTools, visit: Visit, fault: Fault): Promise<Fault | undefined> {
  const consequence = consequenceOf(fault.code, visit.flow?.hasSourceBroken ? 'source' : 'target');
  switch (consequence) {
    case 'pause-batch':
      return fault;
    case 'fail-item':
      await tools.ledger.write(unmovedEntry(tools, visit, 'failed', fault));
      return undefined;
    case 'set-item-aside':
      await tools.ledger.write(unmovedEntry(tools, visit, 'set-aside', fault));
      return undefined;
    default:
      return consequence satisfies never;
  }
}

async function recordRetry(tools: MoveTools, visit: Visit, fault: Fault): Promise<void> {
  const { clock, random } = tools.context;
  tools.context.metrics.count('item_retries', { code: fault.code });
  await tools.ledger.add({
    audit: entryOf(tools.context, {
      action: 'item-retried',
      subject: visit.row.itemId,
      occurrence: occurrenceId(clock, random),
      outcome: 'failed',
      reason: fault.code,
    }),
  });
}

/** The manifest says why it could not be read when it was packed. */
function unreadable({ row }: Visit): Fault {
  const code = row.problem?.code ?? 'ITEM_NOT_FOUND';
  return new Fault({ code, retry: 'permanent', message: 'the item could not be read at the source' });
}
