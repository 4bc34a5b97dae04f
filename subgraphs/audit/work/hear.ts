/** What the record office hears: the events that seal documents, and the exceptions raised and closed. */
import { payloadOf } from '../../../kernel/event.ts';
import type { EventHandler } from '../../../runtime/store.ts';
import { STAGE_EVENTS, stageFactOf } from '../domain/stage.ts';
import { EVIDENCE_REQUESTED, SEAL_JOB } from '../domain/sealing.ts';
import { addException, addStageFact, closeException } from '../store/facts.ts';

interface Raised {
  readonly exceptionId: string;
  readonly migrationId: string;
  readonly batchId?: string | null;
  readonly datasetId?: string | null;
  readonly itemId?: string | null;
  readonly category: string;
  readonly severity: string;
}

interface Closed {
  readonly exceptionId: string;
  readonly by: 'recheck' | 'waiver';
}

/** Told by audit to itself: when it is heard, everything that was told before has been heard. */
const sealWhenHeard: EventHandler = {
  on: EVIDENCE_REQUESTED,
  name: 'audit.evidence-requested',
  async handle(event, unit) {
    const { packId } = payloadOf<{ readonly packId: string }>(event);
    unit.enqueue({ kind: SEAL_JOB, key: packId, payload: { packId } });
  },
};

export const auditHandlers: readonly EventHandler[] = [
  ...STAGE_EVENTS.map(
    (on): EventHandler => ({
      on,
      name: 'audit.stages',
      async handle(event, unit) {
        const fact = stageFactOf(event);
        if (fact !== undefined) await addStageFact(unit, fact);
      },
    }),
  ),
  {
    on: 'validation.exception-raised.v1',
    name: 'audit.exceptions-raised',
    async handle(event, unit) {
      const { exceptionId, migrationId, batchId, datasetId, itemId, category, severity } = payloadOf<Raised>(event);
      await addException(unit, migrationId, {
        exceptionId,
        batchId: batchId ?? null,
        datasetId: datasetId ?? null,
        itemId: itemId ?? null,
        category,
        severity,
        state: 'open',
      });
    },
  },
  {
    on: 'validation.exception-closed.v1',
    name: 'audit.exceptions-closed',
    async handle(event, unit) {
      const { exceptionId, by } = payloadOf<Closed>(event);
      await closeException(unit, exceptionId, by);
    },
  },
  sealWhenHeard,
];
