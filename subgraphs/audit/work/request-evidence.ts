/** Asks for the evidence of a migration to be sealed, and waits for it as long as somebody may be kept waiting. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Actor } from '../../../kernel/actor.ts';
import { derivedId, type Id } from '../../../kernel/id.ts';
import { granted, type Outcome, refused } from '../../../kernel/refusal.ts';
import { slugOf } from '../domain/pack-paths.ts';
import { EVIDENCE_REQUESTED, requestEntryId } from '../domain/sealing.ts';
import { stageFactsOf } from '../store/facts.ts';
import { packById, requestPack } from '../store/packs.ts';
import type { EvidencePackRow } from '../store/tables.ts';
import type { AuditContext } from './context.ts';

const LOOK_INTERVAL_MS = 100;
/** A pack that takes longer is sealed all the same; whoever asked looks again. */
const WAIT_MAX_MS = 20_000;

/** Refuses with MIGRATION_UNKNOWN or PACK_NOT_SEALED. */
export async function requestEvidence(
  audit: AuditContext,
  migrationId: Id,
  actor: Actor,
): Promise<Outcome<EvidencePackRow>> {
  const name = await nameOf(audit, migrationId);
  if (name === undefined) {
    const message = 'the record office has not heard of this migration';
    const remedy = 'declare the migration first; if that was just now, ask again in a moment';
    return refused({ code: 'MIGRATION_UNKNOWN', message, remedy, field: ['migrationId'] });
  }
  const requestedAt = audit.clock.now().toISOString();
  const packId = await audit.store.transact(async (unit) => {
    const request = { migrationId, slug: slugOf(name), requestedBy: actor.id, requestedAt };
    const { id } = await requestPack(unit, request);
    const payload = { migrationId, packId: id };
    const told = { subject: migrationId, actor: actor.id, occurredAt: requestedAt };
    unit.emit({ ...told, id: derivedId('evt', 'evidence-requested', id), type: EVIDENCE_REQUESTED, payload });
    unit.audit({
      ...told,
      id: requestEntryId(id),
      plane: 'operational',
      action: 'evidence-requested',
      outcome: 'succeeded',
    });
    return id;
  });
  return await outcomeOf(audit, packId);
}

async function nameOf(audit: AuditContext, migrationId: Id): Promise<string | undefined> {
  const facts = await audit.store.read((em) => stageFactsOf(em, migrationId));
  const name = facts.findLast(({ stage }) => stage === 'declared')?.payload.name;
  return typeof name === 'string' ? name : undefined;
}

async function outcomeOf(audit: AuditContext, packId: Id): Promise<Outcome<EvidencePackRow>> {
  const started = audit.clock.elapsedMs();
  for (;;) {
    const pack = await audit.store.read((em) => packById(em, packId));
    if (pack.state === 'failed') {
      const remedy = 'put right what is named, then ask for another pack';
      return refused({ code: 'PACK_NOT_SEALED', message: pack.problem ?? 'the pack could not be sealed', remedy });
    }
    if (pack.state === 'sealed' || audit.clock.elapsedMs() - started > WAIT_MAX_MS) return granted(pack);
    await wait(LOOK_INTERVAL_MS);
  }
}
