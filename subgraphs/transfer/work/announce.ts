/** What transfer tells the other subgraphs and the record office: ids, codes and digests only. */
import type { Json } from '../../../kernel/canonical-json.ts';
import type { AuditEntry, EventType, WaybillEvent } from '../../../kernel/event.ts';
import { derivedId } from '../../../kernel/id.ts';
import type { TransferContext } from './context.ts';
import { TRANSFER } from './context.ts';

export interface Act {
  readonly action: string;
  readonly subject: string;
  /** Tells this occurrence of the act from others on the same subject; the same on every repetition of the step. */
  readonly occurrence: string;
  readonly actor?: string | undefined;
  readonly plane?: AuditEntry['plane'] | undefined;
  readonly outcome?: AuditEntry['outcome'] | undefined;
  readonly source?: string | undefined;
  readonly target?: string | undefined;
  readonly reason?: string | undefined;
  readonly digests?: Readonly<Record<string, string>> | undefined;
}

/** The entry for an act; its id is derived, so that a repeated step records it once. */
export function entryOf(context: Pick<TransferContext, 'clock'>, act: Act): AuditEntry {
  const { action, subject, occurrence, source, target, reason, digests } = act;
  return {
    id: derivedId('aud', 'transfer', action, subject, occurrence),
    plane: act.plane ?? 'operational',
    action,
    actor: act.actor ?? TRANSFER.id,
    subject,
    source,
    target,
    outcome: act.outcome ?? 'succeeded',
    occurredAt: context.clock.now().toISOString(),
    reason,
    digests,
  };
}

export interface Fact {
  readonly type: EventType;
  readonly subject: string;
  readonly occurrence: string;
  readonly actor?: string | undefined;
  readonly payload: Json;
}

export function eventOf(context: Pick<TransferContext, 'clock'>, fact: Fact): WaybillEvent {
  const { type, subject, occurrence, payload } = fact;
  return {
    id: derivedId('evt', type, subject, occurrence),
    type,
    subject,
    actor: fact.actor ?? TRANSFER.id,
    occurredAt: context.clock.now().toISOString(),
    payload,
  };
}
