/** Proposing and recording a decision: bound to the gates as they are sealed at that moment. */
import type { Actor } from '../../../kernel/actor.ts';
import type { Json } from '../../../kernel/canonical-json.ts';
import type { Sha256 } from '../../../kernel/digest.ts';
import { derivedId, type Id } from '../../../kernel/id.ts';
import { granted, refused, type Outcome } from '../../../kernel/refusal.ts';
import type { Unit } from '../../../runtime/store.ts';
import { sealJson } from '../../../runtime/strongroom.ts';
import { checkWish, decideDecision, type DecisionKind } from '../domain/decision.ts';
import { decisionsOf, gatesOf, lockCutover } from '../store/cutover-rows.ts';
import { type Cutover, Decision, Vote } from '../store/tables.ts';
import { entryOf, refusalEntry } from './announce.ts';
import type { CutoverContext } from './context.ts';

export interface DecisionWish {
  readonly migrationId: Id;
  readonly decision: DecisionKind;
  /** Never patient data. */
  readonly reason: string;
}

interface Desk {
  readonly context: CutoverContext;
  readonly unit: Unit;
  readonly cutover: Cutover;
  readonly wish: DecisionWish;
  readonly evidence: Sha256;
  readonly actor: Actor;
}

/** A new proposal takes the place of the one before. Refuses with CUTOVER_UNKNOWN and as checkWish does. */
export function proposeDecision(context: CutoverContext, wish: DecisionWish, actor: Actor): Promise<Outcome<Id>> {
  return atDesk(context, wish, actor, 'decision-proposed', async (desk) => {
    const before = await lastDecision(desk);
    await supersede(desk);
    const id = await insert(desk, before, { state: 'proposed', proposedBy: actor.id, decidedBy: null });
    return granted(id);
  });
}

/** Refuses with CUTOVER_UNKNOWN, and as checkWish and decideDecision do. */
export function recordDecision(context: CutoverContext, wish: DecisionWish, actor: Actor): Promise<Outcome<Id>> {
  return atDesk(context, wish, actor, 'decision-approved', async (desk) => {
    const { cutover, evidence, unit } = desk;
    const last = await lastDecision(desk);
    const proposed = last?.state === 'proposed' && last.decision === wish.decision ? last : undefined;
    const proposal = proposed && { ...proposed, proposedBy: proposed.proposedBy ?? '' };
    const asked = { cutoverId: cutover.id, decision: wish.decision, reason: wish.reason, evidence };
    const now = context.clock.now();
    const decided = decideDecision(asked, proposal, cutover.rules.approval.decision, actor, now);
    if (!decided.ok) return decided;
    if (proposed === undefined || proposed.evidence !== evidence) {
      await supersede(desk);
      return granted(await insert(desk, last, { state: 'recorded', proposedBy: null, decidedBy: actor.id }));
    }
    Object.assign(proposed, { state: 'recorded', decidedBy: actor.id, decidedAt: now.toISOString() });
    await vote(unit, proposed.id, desk);
    return granted(proposed.id);
  });
}

function atDesk(
  context: CutoverContext,
  wish: DecisionWish,
  actor: Actor,
  action: string,
  work: (desk: Desk) => Promise<Outcome<Id>>,
): Promise<Outcome<Id>> {
  return context.store.transact(async (unit) => {
    const cutover = await lockCutover(unit.em, wish.migrationId);
    const subject = cutover?.id ?? wish.migrationId;
    const refusals = cutover === null ? [unknownCutover()] : checkWish(wish, cutover.verdict);
    if (cutover === null || refusals.length > 0) {
      unit.audit(refusalEntry(context, { action, subject, actor }, refusals));
      return refused(...refusals);
    }
    const evidence = await sealGates(context, unit, cutover);
    const outcome = await work({ context, unit, cutover, wish, evidence, actor });
    const act = { action, subject, actor };
    if (outcome.ok) unit.audit(entryOf(context, { ...act, reason: wish.decision, digests: { gates: evidence } }));
    else unit.audit(refusalEntry(context, act, outcome.refusals));
    return outcome;
  });
}

/** What people decide on: the gates and the verdict, as a document that stays. */
async function sealGates({ strongroom }: CutoverContext, { em }: Unit, cutover: Cutover): Promise<Sha256> {
  const { id, migrationId, verdict, reason } = cutover;
  const gates = (await gatesOf(em, id)).map(({ name, state, measured, required }): Json => {
    return { name, state, measured, required };
  });
  return sealJson(strongroom, { cutover: id, migration: migrationId, verdict, reason, gates });
}

async function lastDecision({ unit, cutover }: Desk): Promise<Decision | undefined> {
  const [last] = await decisionsOf(unit.em, cutover.id, 1);
  return last;
}

async function supersede({ unit, cutover }: Desk): Promise<void> {
  for (const open of await unit.em.find(Decision, { cutoverId: cutover.id, state: 'proposed' })) {
    open.state = 'superseded';
  }
}

async function insert(
  desk: Desk,
  before: Decision | undefined,
  how: Pick<Decision, 'state' | 'proposedBy' | 'decidedBy'>,
): Promise<Id> {
  const { context, unit, cutover, wish, evidence } = desk;
  const { decision, reason } = wish;
  const position = (before?.position ?? -1) + 1;
  const id = derivedId('dec', cutover.id, String(position));
  const at = context.clock.now().toISOString();
  const proposedAt = how.proposedBy === null ? null : at;
  const decidedAt = how.decidedBy === null ? null : at;
  const row = { id, cutoverId: cutover.id, position, decision, reason, evidence, proposedAt, decidedAt, ...how };
  await unit.em.insert(Decision, row);
  await vote(unit, id, desk);
  return id;
}

async function vote(unit: Unit, decisionId: Id, { context, evidence, actor }: Desk): Promise<void> {
  const votedAt = context.clock.now().toISOString();
  await unit.em.upsert(Vote, { decisionId, voter: actor.id, vote: 'for', evidence, votedAt });
}

function unknownCutover() {
  return {
    code: 'CUTOVER_UNKNOWN',
    message: 'there is no cutover for that migration',
    field: ['migrationId'],
    remedy: 'declare the migration first, or look its id up in migrations',
  };
}
