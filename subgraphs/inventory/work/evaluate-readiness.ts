/** The readiness job: tries both ends, reads every lineage map again, and writes down what is in the way. */
import { canonicalJson, type Json } from '../../../kernel/canonical-json.ts';
import { sha256 } from '../../../kernel/digest.ts';
import type { Id } from '../../../kernel/id.ts';
import type { Format } from '../../../records/format.ts';
import type { JobHandler, Lease, Unit } from '../../../runtime/store.ts';
import { alarmsOf } from '../domain/certificate.ts';
import { completePolicy } from '../domain/policy.ts';
import { evaluateReadiness, isReady, readyUntil, type Problem, type ReadinessLine } from '../domain/readiness.ts';
import { datasetsOf, endpointsOf, lockMigration } from '../store/migration-rows.ts';
import { readinessFacts, riskOf, saveReadiness, type TriedEndpoint } from '../store/readiness-rows.ts';
import { type Dataset, type Endpoint, Migration } from '../store/tables.ts';
import { entryOf, eventOf } from './announce.ts';
import { type InventoryContext, READINESS_JOB } from './context.ts';
import { raise } from './raise-alarm.ts';
import { sealedLineageProblem } from './lineage-text.ts';
import { problemOf, settingsOf } from './list-source.ts';

/** How long an end may take to answer. */
const CHECK_DEADLINE_MS = 60_000;
const SILENT: Problem = {
  code: 'UNAVAILABLE',
  reason: `it did not answer within ${CHECK_DEADLINE_MS / 1000} seconds; see that it runs and can be reached from here`,
};

/** What was seen outside the database, of the facts as they were at `revision`. */
interface Seen {
  readonly revision: number;
  readonly declaration: string;
  readonly endpoints: ReadonlyMap<Id, TriedEndpoint>;
  readonly lineages: ReadonlyMap<Id, Problem | null>;
}

export function readinessJob(context: InventoryContext): JobHandler {
  return {
    kind: READINESS_JOB,
    run: async (payload, lease) => {
      const { migrationId } = payload as { migrationId: Id };
      const seen = await look(context, migrationId, lease);
      if (seen !== undefined) await context.store.transact((unit) => judge(context, unit, migrationId, seen, lease));
    },
  };
}

async function look(context: InventoryContext, migrationId: Id, lease: Lease): Promise<Seen | undefined> {
  const found = await context.store.read(async (em) => {
    const migration = await em.findOne(Migration, { id: migrationId });
    if (migration === null) return undefined;
    const { factsRevision: revision, declaration } = migration;
    const endpoints: Asked[] = [];
    for (const endpoint of await endpointsOf(em, migrationId)) {
      endpoints.push({ endpoint, risk: await riskOf(em, migration, endpoint, context.clock.now()) });
    }
    return { revision, declaration, endpoints, datasets: await datasetsOf(em, migrationId) };
  });
  if (found === undefined) return undefined;
  // Both ends at once: most of a try is waiting for the other side.
  const tries = found.endpoints.map(async (asked) => {
    return [asked.endpoint.id, await tryEndpoint(context, asked, lease)] as const;
  });
  const endpoints = new Map<Id, TriedEndpoint>(await Promise.all(tries));
  const lineages = new Map<Id, Problem | null>();
  for (const dataset of found.datasets) lineages.set(dataset.id, await lineageProblem(context, dataset));
  return { revision: found.revision, declaration: found.declaration, endpoints, lineages };
}

function lineageProblem({ strongroom }: InventoryContext, { lineage, format }: Dataset): Promise<Problem | null> {
  return sealedLineageProblem(strongroom, lineage, format as Format);
}

interface Asked {
  readonly endpoint: Endpoint;
  /** Why it may not be spoken with. */
  readonly risk: Problem | undefined;
}

/** An end that does not answer is still trusted by what it showed when it last did; that goes on ending. */
async function tryEndpoint(
  { host }: InventoryContext,
  { endpoint, risk }: Asked,
  lease: Lease,
): Promise<TriedEndpoint> {
  const { role, negotiated: before } = endpoint;
  const settings = settingsOf(endpoint);
  const [refusal] = await host.validate(settings, role);
  if (refusal !== undefined) {
    const settingsProblem = { code: refusal.code, reason: `${refusal.message}; ${refusal.remedy}` };
    return { settingsProblem, connectionProblem: null, negotiated: before };
  }
  if (risk !== undefined) return { settingsProblem: null, connectionProblem: risk, negotiated: before };
  const deadline = AbortSignal.timeout(CHECK_DEADLINE_MS);
  try {
    const negotiated = await host.check(settings, AbortSignal.any([lease.signal, deadline]));
    return {
      settingsProblem: null,
      connectionProblem: null,
      negotiated,
      fingerprints: await host.fingerprints(settings),
    };
  } catch (error) {
    if (lease.signal.aborted) throw error;
    const connectionProblem = deadline.aborted ? SILENT : problemOf(error);
    return { settingsProblem: null, connectionProblem, negotiated: before };
  }
}

async function judge(context: InventoryContext, unit: Unit, migrationId: Id, seen: Seen, lease: Lease): Promise<void> {
  // The migration before the lease, as whoever changes it and asks for this job does.
  const migration = await lockMigration(unit.em, migrationId);
  await unit.hold(lease);
  // Another declaration has its own evaluation waiting behind this one.
  if (migration === null || migration.declaration !== seen.declaration) return;
  const now = context.clock.now();
  const facts = await readinessFacts(unit.em, migration, seen.endpoints, seen.lineages);
  // A policy that was sealed before there was a choice says nothing of it.
  const policy = completePolicy(migration.rules as unknown as Json);
  const lines = evaluateReadiness(facts, policy, now);
  await saveReadiness(unit.em, migrationId, lines, seen.endpoints, now.toISOString());
  for (const alarm of alarmsOf(facts.trust.ways, policy, now)) raise(context, unit, migration, alarm);
  migration.evaluatedRevision = seen.revision;
  migration.evaluatedAt = now.toISOString();
  migration.isReady = isReady(lines);
  const expiresAt = migration.isReady ? readyUntil(lines) : null;
  const said = { ready: migration.isReady, blocking: blockingOf(lines), expiresAt };
  const digest = sha256(canonicalJson(said));
  if (digest === migration.readinessDigest) return;
  migration.readinessDigest = digest;
  migration.readinessChanges += 1;
  const occurrence = String(migration.readinessChanges);
  const payload = { migrationId, ...said };
  unit.emit(eventOf(context, { type: 'inventory.readiness-changed.v1', subject: migrationId, occurrence, payload }));
  const codes = new Set(lines.flatMap(({ ok, code }) => (ok || code === null ? [] : [code])));
  const reason = migration.isReady ? 'ready' : `not ready: ${[...codes].join(' ')}`;
  unit.audit(entryOf(context, { action: 'readiness-evaluated', subject: migrationId, occurrence, reason }));
}

function blockingOf(
  lines: readonly ReadinessLine[],
): readonly { readonly requirement: string; readonly reason: string }[] {
  return lines.flatMap(({ requirement, line, ok, code, reason }) =>
    ok ? [] : [{ requirement, reason: `${code ?? 'NOT_MET'}: ${line}: ${reason ?? 'not met'}` }],
  );
}
