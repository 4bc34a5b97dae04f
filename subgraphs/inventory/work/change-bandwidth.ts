/** Changing the caps of a migration while it runs: proposed, approved where the policy asks for it, told to all. */
import type { Actor } from '../../../kernel/actor.ts';
import { BANDWIDTH_CHANGED, type BandwidthChanged } from '../../../kernel/bandwidth.ts';
import type { Json } from '../../../kernel/canonical-json.ts';
import type { Sha256 } from '../../../kernel/digest.ts';
import { derivedId, type Id } from '../../../kernel/id.ts';
import { granted, refused, type Outcome } from '../../../kernel/refusal.ts';
import type { Unit } from '../../../runtime/store.ts';
import { sealJson } from '../../../runtime/strongroom.ts';
import { approveChange, type BandwidthDocument, checkReason, proposeChange } from '../domain/bandwidth-change.ts';
import { completePolicy } from '../domain/policy.ts';
import { changeOf, newestChange } from '../store/bandwidth-rows.ts';
import { BandwidthChange } from '../store/bandwidth-tables.ts';
import { lockMigration } from '../store/migration-rows.ts';
import { entryOf, eventOf, refusalEntry } from './announce.ts';
import type { InventoryContext } from './context.ts';
import { parseBandwidth } from './read-policy.ts';
import { unknownMigration } from './survey-migration.ts';

export interface BandwidthWish {
  readonly migrationId: Id;
  /** The caps as YAML or JSON, shaped as `transfer.bandwidth` of a policy; null: those of the policy again. */
  readonly bandwidth: string | null;
  readonly reason: string;
}

/**
 * Takes the place of what was proposed before. Refuses with MIGRATION_UNKNOWN, REASON_INVALID and as parseBandwidth
 * does.
 */
export async function proposeBandwidth(
  context: InventoryContext,
  { migrationId, bandwidth, reason: words }: BandwidthWish,
  actor: Actor,
): Promise<Outcome<Id>> {
  const act = { action: 'bandwidth-proposed', subject: migrationId, actor };
  const [rules, reason] = [bandwidth === null ? granted(null) : parseBandwidth(bandwidth), checkReason(words)];
  if (!rules.ok || !reason.ok) {
    const refusals = [...(rules.ok ? [] : rules.refusals), ...(reason.ok ? [] : reason.refusals)];
    await context.store.transact(async (unit) => unit.audit(refusalEntry(context, act, refusals)));
    return refused(...refusals);
  }
  return obeyed(context, async (unit, told) => {
    const migration = await lockMigration(unit.em, migrationId);
    if (migration === null) {
      const refusal = unknownMigration();
      unit.audit(refusalEntry(context, act, refusal.refusals));
      return refusal;
    }
    const number = ((await newestChange(unit.em, migrationId))?.number ?? 0) + 1;
    const wish: BandwidthDocument = { migrationId, number, bandwidth: rules.value, reason: reason.value };
    const document = await sealJson(context.strongroom, wish as unknown as Json);
    const policy = completePolicy(migration.rules as unknown as Json);
    const decision = proposeChange({ migrationId, document }, policy, actor.id);
    if (!decision.ok) return decision;
    const { state } = decision.value;
    const at = context.clock.now().toISOString();
    const inForceSince = state === 'not-required' ? at : null;
    const row = { id: derivedId('bwc', document), ...wish, document, state, proposedBy: actor.id, proposedAt: at };
    const saved = unit.em.create(BandwidthChange, { ...row, approvedBy: null, inForceSince });
    unit.em.persist(saved);
    unit.audit(entryOf(context, { ...act, reason: reason.value, digests: { document } }));
    if (inForceSince !== null) told(tell(context, unit, saved, actor));
    return granted(migrationId);
  });
}

/** `document` is the digest of what was looked at. Refuses with NOT_PROPOSED and as the rule of the domain does. */
export function approveBandwidth(
  context: InventoryContext,
  { migrationId, document }: { readonly migrationId: Id; readonly document: Sha256 },
  actor: Actor,
): Promise<Outcome<Id>> {
  return obeyed(context, async (unit, told) => {
    const migration = await lockMigration(unit.em, migrationId);
    const row = migration && (await newestChange(unit.em, migrationId));
    const act = { action: 'bandwidth-approved', subject: migrationId, actor };
    const now = context.clock.now();
    if (row === null) {
      const refusal = migration === null ? unknownMigration() : nothingProposed();
      unit.audit(refusalEntry(context, act, refusal.refusals));
      return refusal;
    }
    const decision = approveChange(changeOf(row), document, actor, now);
    if (!decision.ok) {
      unit.audit(refusalEntry(context, act, decision.refusals));
      return decision;
    }
    unit.audit(entryOf(context, { ...act, digests: { document } }));
    if (row.inForceSince !== null) return granted(migrationId);
    const { state, approvedBy } = decision.value;
    Object.assign(row, { state, approvedBy, inForceSince: now.toISOString() });
    told(tell(context, unit, row, actor));
    return granted(migrationId);
  });
}

/** This process obeys what was decided as soon as that is kept: what is launched next is held from its first byte. */
async function obeyed(
  { store, bandwidth }: InventoryContext,
  work: (unit: Unit, told: (change: BandwidthChanged) => void) => Promise<Outcome<Id>>,
): Promise<Outcome<Id>> {
  let change: BandwidthChanged | undefined;
  const outcome = await store.transact((unit) => {
    change = undefined;
    return work(unit, (decided) => (change = decided));
  });
  if (change) bandwidth.order(change.migrationId, { rules: change.bandwidth, since: change.inForceSince });
  return outcome;
}

function tell(context: InventoryContext, unit: Unit, row: BandwidthChange, actor: Actor): BandwidthChanged {
  const { migrationId, document, bandwidth, proposedBy, approvedBy, inForceSince } = row;
  const since = inForceSince ?? '';
  const payload: BandwidthChanged = {
    ...{ migrationId, document, bandwidth: bandwidth ?? null },
    ...{ proposedBy, approvedBy, inForceSince: since },
  };
  const fact = { type: BANDWIDTH_CHANGED, subject: migrationId, occurrence: document } as const;
  unit.emit(eventOf(context, { ...fact, actor, payload: payload as unknown as Json }));
  return payload;
}

function nothingProposed(): ReturnType<typeof refused> {
  return refused({
    code: 'NOT_PROPOSED',
    message: 'nobody has proposed other bandwidth for the migration',
    remedy: 'let an operator propose it first',
  });
}
