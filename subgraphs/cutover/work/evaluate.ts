/** The job that looks at the gates again: from the copies to gates, verdict and events. */
import type { Id } from '../../../kernel/id.ts';
import type { JobHandler, Lease, Unit } from '../../../runtime/store.ts';
import { evaluateGates, type Gate as Measured } from '../domain/gate.ts';
import { judge } from '../domain/verdict.ts';
import { cutoverFacts, gatesOf, lockCutover } from '../store/cutover-rows.ts';
import { type Cutover, Gate } from '../store/tables.ts';
import { entryOf, eventOf } from './announce.ts';
import { type CutoverContext, EVALUATE_JOB } from './context.ts';

export function evaluateJob(context: CutoverContext): JobHandler {
  return {
    kind: EVALUATE_JOB,
    run: async (payload, lease) => {
      const { migrationId } = payload as { migrationId: Id };
      const changed = await context.store.transact((unit) => evaluate(context, unit, migrationId, lease));
      // Only now can a watcher who looks find what it is told of.
      if (changed !== undefined) context.live.publish(changed);
    },
  };
}

/** A copy of the cutover when a gate or the verdict says something else than before. */
async function evaluate(
  context: CutoverContext,
  unit: Unit,
  migrationId: Id,
  lease: Lease,
): Promise<Cutover | undefined> {
  await unit.hold(lease);
  const cutover = await lockCutover(unit.em, migrationId);
  if (cutover === null) return undefined;
  const gates = evaluateGates(await cutoverFacts(unit.em, cutover), cutover.rules);
  const { verdict, reason } = judge(gates);
  const before = new Map((await gatesOf(unit.em, cutover.id)).map((gate) => [gate.name, gate]));
  const isChanged = gates.some((gate) => isOther(before.get(gate.name), gate));
  if (!isChanged && cutover.verdict === verdict && cutover.reason === reason) return undefined;
  const at = context.clock.now().toISOString();
  Object.assign(cutover, { verdict, reason, revision: cutover.revision + 1, evaluatedAt: at });
  for (const [position, gate] of gates.entries()) {
    const known = before.get(gate.name);
    if (known?.state !== gate.state) announce(context, unit, cutover, gate);
    const changedAt = known?.state === gate.state ? known.changedAt : at;
    if (known === undefined) await unit.em.insert(Gate, { cutoverId: cutover.id, position, changedAt, ...gate });
    else Object.assign(known, gate, { changedAt });
  }
  return { ...cutover };
}

function isOther(known: Measured | undefined, gate: Measured): boolean {
  return known?.state !== gate.state || known.measured !== gate.measured || known.required !== gate.required;
}

function announce(context: CutoverContext, unit: Unit, cutover: Cutover, { name, state }: Measured): void {
  const { migrationId, revision } = cutover;
  const occurrence = `${name} ${revision}`;
  const payload = { migrationId, gate: name, state };
  unit.emit(eventOf(context, { type: 'cutover.gate-changed.v1', subject: migrationId, occurrence, payload }));
  const reason = `${name} is ${state}`;
  unit.audit(entryOf(context, { action: 'gate-changed', subject: cutover.id, occurrence, reason }));
}
