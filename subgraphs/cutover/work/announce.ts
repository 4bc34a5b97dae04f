/** What cutover tells the other subgraphs and the record office: ids, codes and digests only. */
import type { Actor } from '../../../kernel/actor.ts';
import type { Json } from '../../../kernel/canonical-json.ts';
import type { AuditEntry, EventType, WaybillEvent } from '../../../kernel/event.ts';
import { derivedId, occurrenceId } from '../../../kernel/id.ts';
import type { Refusal } from '../../../kernel/refusal.ts';
import { CUTOVER, type CutoverContext } from './context.ts';

export interface Act {
  readonly action: string;
  readonly subject: string;
  /** Tells this occurrence from others; the same on every repetition of a step. A fresh one when undefined. */
  readonly occurrence?: string | undefined;
  readonly actor?: Actor | undefined;
  readonly outcome?: AuditEntry['outcome'] | undefined;
  readonly source?: string | undefined;
  readonly target?: string | undefined;
  readonly reason?: string | undefined;
  readonly digests?: Readonly<Record<string, string>> | undefined;
}

type Announcer = Pick<CutoverContext, 'clock' | 'random'>;

export function entryOf(context: Announcer, act: Act): AuditEntry {
  const { action, subject, source, target, reason, digests } = act;
  const occurrence = act.occurrence ?? occurrenceId(context.clock, context.random);
  return {
    id: derivedId('aud', 'cutover', action, subject, occurrence),
    plane: 'operational',
    action,
    actor: (act.actor ?? CUTOVER).id,
    subject,
    source,
    target,
    outcome: act.outcome ?? 'succeeded',
    occurredAt: context.clock.now().toISOString(),
    reason,
    digests,
  };
}

/** The entry for an act that the rules said no to; codes only, because words may quote what was asked. */
export function refusalEntry(
  context: Announcer,
  act: Pick<Act, 'action' | 'subject' | 'actor'>,
  refusals: readonly Pick<Refusal, 'code'>[],
): AuditEntry {
  const codes = [...new Set(refusals.map(({ code }) => code))];
  return entryOf(context, { ...act, outcome: 'refused', reason: codes.join(' ') });
}

export interface Fact {
  readonly type: EventType;
  readonly subject: string;
  /** The same on every repetition of the step, so that the fact is told once. */
  readonly occurrence: string;
  readonly actor?: Actor | undefined;
  readonly payload: Json;
}

export function eventOf(context: Pick<CutoverContext, 'clock'>, fact: Fact): WaybillEvent {
  const { type, subject, occurrence, payload } = fact;
  return {
    id: derivedId('evt', type, subject, occurrence),
    type,
    subject,
    actor: (fact.actor ?? CUTOVER).id,
    occurredAt: context.clock.now().toISOString(),
    payload,
  };
}
