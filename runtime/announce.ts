/** What a subgraph tells the others and the record office: ids, codes and digests only. */
import type { Actor } from '../kernel/actor.ts';
import type { Json } from '../kernel/canonical-json.ts';
import type { AuditEntry, EventType, SubgraphName, WaybillEvent } from '../kernel/event.ts';
import { derivedId, occurrenceId } from '../kernel/id.ts';
import type { Refusal } from '../kernel/refusal.ts';
import type { Clock } from '../kernel/clock.ts';

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

export interface Fact {
  readonly type: EventType;
  readonly subject: string;
  /** The same on every repetition of the step, so that the fact is told once. */
  readonly occurrence: string;
  readonly actor?: Actor | undefined;
  readonly payload: Json;
}

interface Surroundings {
  readonly clock: Clock;
  readonly random: (bytes: number) => Uint8Array;
}

export interface Announcer {
  entryOf(context: Surroundings, act: Act): AuditEntry;
  /** The entry for an act that the rules said no to; codes only, because words may quote what was asked. */
  refusalEntry(
    context: Surroundings,
    act: Pick<Act, 'action' | 'subject' | 'actor'>,
    refusals: readonly Pick<Refusal, 'code'>[],
  ): AuditEntry;
  eventOf(context: Pick<Surroundings, 'clock'>, fact: Fact): WaybillEvent;
}

/** Announces in the name of `subgraph`; what nobody in particular did, `itself` did. */
export function announcer(subgraph: SubgraphName, itself: Actor): Announcer {
  const entryOf = (context: Surroundings, act: Act): AuditEntry => {
    const { action, subject, source, target, reason, digests } = act;
    const occurrence = act.occurrence ?? occurrenceId(context.clock, context.random);
    return {
      id: derivedId('aud', subgraph, action, subject, occurrence),
      plane: 'operational',
      action,
      actor: (act.actor ?? itself).id,
      subject,
      source,
      target,
      outcome: act.outcome ?? 'succeeded',
      occurredAt: context.clock.now().toISOString(),
      reason,
      digests,
    };
  };
  return {
    entryOf,
    refusalEntry(context, act, refusals) {
      const codes = [...new Set(refusals.map(({ code }) => code))];
      return entryOf(context, { ...act, outcome: 'refused', reason: codes.join(' ') });
    },
    eventOf(context, { type, subject, occurrence, payload, actor }) {
      return {
        id: derivedId('evt', type, subject, occurrence),
        type,
        subject,
        actor: (actor ?? itself).id,
        occurredAt: context.clock.now().toISOString(),
        payload,
      };
    },
  };
}
