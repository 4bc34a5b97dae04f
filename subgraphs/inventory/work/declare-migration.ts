/** Declaring a migration: plan, policy and lineage maps are read, sealed, and written down under one name. */
import type { Actor } from '../../../kernel/actor.ts';
import type { Json } from '../../../kernel/canonical-json.ts';
import type { Sha256 } from '../../../kernel/digest.ts';
import type { Id } from '../../../kernel/id.ts';
import { granted, refused, type Outcome, type Refusal } from '../../../kernel/refusal.ts';
import type { Unit } from '../../../runtime/store.ts';
import { sealJson } from '../../../runtime/strongroom.ts';
import {
  datasetIdOf,
  declarationDigest,
  decideDeclaration,
  migrationIdOf,
  type SealedDocuments,
} from '../domain/migration.ts';
import { lineageToSeal } from '../../../records/lineage/sealed.ts';
import { documentsOf, nameOfCodeMap, type HandedCodeMap } from '../../../records/lineage/code-documents.ts';
import type { Plan } from '../domain/plan.ts';
import type { Policy } from '../domain/policy.ts';
import { lockMigration } from '../store/migration-rows.ts';
import { clearDeclaration, saveDeclaration } from '../store/declaration.ts';
import { entryOf, eventOf, refusalEntry } from './announce.ts';
import { codeMapsOf, type BroughtCodeMap } from './code-map-texts.ts';
import { READINESS_JOB, type InventoryContext } from './context.ts';
import { type BroughtLineage, checkLineage, lineagesOf, lineageText } from './lineage-text.ts';
import { acceptPlan } from './read-plan.ts';
import { parsePolicy } from './read-policy.ts';

/** What PlanDocuments is, after its way through GraphQL. */
export interface Declaration {
  readonly plan: Json;
  readonly policy: string | undefined;
  readonly lineages: readonly BroughtLineage[];
  readonly codeMaps: readonly BroughtCodeMap[];
}

interface Understood {
  readonly plan: Plan;
  readonly policy: Policy;
  /** One for each dataset; null for pass-through. */
  readonly lineages: readonly (string | null)[];
  /** Those that a lineage map names. */
  readonly codeMaps: readonly HandedCodeMap[];
}

/** Refuses as acceptPlan, parsePolicy, codeMapsOf, checkLineage and decideDeclaration do; refusals are recorded. */
export async function declareMigration(
  context: InventoryContext,
  declaration: Declaration,
  actor: Actor,
): Promise<Outcome<Id>> {
  const understood = await understand(declaration);
  if (!understood.ok) {
    const act = { action: 'migration-declared', subject: subjectOf(declaration.plan), actor };
    await context.store.transact(async (unit) => unit.audit(refusalEntry(context, act, understood.refusals)));
    return understood;
  }
  const { plan, policy, lineages, codeMaps } = understood.value;
  for (const { text } of codeMaps) await context.strongroom.put([Buffer.from(text)]);
  const documents: SealedDocuments = {
    plan: await sealJson(context.strongroom, plan as unknown as Json),
    policy: await sealJson(context.strongroom, policy as unknown as Json),
    lineages: await sealTexts(context, lineages),
  };
  return context.store.transact((unit) => declare(context, unit, { plan, policy, documents, codeMaps, actor }));
}

async function understand(declaration: Declaration): Promise<Outcome<Understood>> {
  const plan = acceptPlan(declaration.plan);
  const policy = parsePolicy(declaration.policy);
  if (!plan.ok || !policy.ok) return refused(...(plan.ok ? [] : plan.refusals), ...(policy.ok ? [] : policy.refusals));
  const brought = lineagesOf(declaration.lineages);
  if (!brought.ok) return brought;
  const handed = codeMapsOf(plan.value.codeMaps ?? [], declaration.codeMaps);
  if (!handed.ok) return handed;
  const refusals: Refusal[] = [];
  const lineages: (string | null)[] = [];
  const named = new Set<Sha256>();
  for (const [at, { lineage, format }] of plan.value.datasets.entries()) {
    const text = await lineageText(lineage, brought.value, handed.value);
    const checked = text.ok && text.value !== null ? checkLineage(lineageToSeal(text.value), format) : text;
    if (text.ok && checked.ok) {
      lineages.push(text.value);
      if (typeof checked.value === 'object' && checked.value !== null) {
        for (const digest of documentsOf(checked.value)) named.add(digest);
      }
    } else if (!checked.ok) refusals.push(...checked.refusals.map((each) => inDataset(each, at)));
  }
  if (refusals.length > 0) return refused(...refusals);
  const codeMaps = handed.value.filter(({ digest }) => named.has(digest));
  return granted({ plan: plan.value, policy: policy.value, lineages, codeMaps });
}

function inDataset(refusal: Refusal, at: number): Refusal {
  const field = [`datasets[${at}]`, 'lineage'];
  return { ...refusal, message: `${field.join('.')}: ${refusal.message}`, field };
}

async function sealTexts(
  { strongroom }: InventoryContext,
  texts: readonly (string | null)[],
): Promise<(Sha256 | null)[]> {
  const digests: (Sha256 | null)[] = [];
  for (const text of texts) digests.push(text === null ? null : (await strongroom.put([Buffer.from(text)])).digest);
  return digests;
}

interface Ready {
  readonly plan: Plan;
  readonly policy: Policy;
  readonly documents: SealedDocuments;
  readonly codeMaps: readonly HandedCodeMap[];
  readonly actor: Actor;
}

async function declare(context: InventoryContext, unit: Unit, ready: Ready): Promise<Outcome<Id>> {
  const { plan, policy, documents, actor } = ready;
  const id = migrationIdOf(plan.migration);
  const declaration = declarationDigest(documents);
  const before = await lockMigration(unit.em, id);
  const decision = decideDeclaration(plan.migration, before ?? undefined, declaration);
  const act = { action: 'migration-declared', subject: id, actor };
  if (!decision.ok) {
    unit.audit(refusalEntry(context, act, decision.refusals));
    return decision;
  }
  const digests = { declaration, plan: documents.plan, policy: documents.policy };
  unit.audit(entryOf(context, { ...act, source: plan.source.connector, target: plan.target.connector, digests }));
  if (decision.value === 'same') return granted(id);
  if (decision.value === 'replacement') await clearDeclaration(unit.em, id);
  const declaredAt = context.clock.now().toISOString();
  await saveDeclaration(unit.em, {
    id,
    plan,
    policy,
    documents,
    declaration,
    declaredBy: actor.id,
    declaredAt,
    before,
  });
  unit.emit(
    eventOf(context, {
      type: 'inventory.migration-declared.v1',
      subject: id,
      // The same content may come back after another one took its place.
      occurrence: `${declaration} ${(before?.factsRevision ?? 0) + 1}`,
      actor,
      payload: declaredPayload(id, ready),
    }),
  );
  unit.enqueue({ kind: READINESS_JOB, key: id, payload: { migrationId: id } });
  return granted(id);
}

function declaredPayload(id: Id, { plan, documents, codeMaps }: Ready): Json {
  return {
    migrationId: id,
    name: plan.migration,
    plan: documents.plan,
    policy: documents.policy,
    datasets: plan.datasets.map(({ name, tier, format }, at) => ({
      datasetId: datasetIdOf(id, name),
      name,
      tier,
      format,
      lineage: documents.lineages[at] ?? null,
    })),
    codeMaps: codeMaps.map(({ digest, document }) => ({ name: nameOfCodeMap(document), digest })),
  };
}

function subjectOf(plan: Json): Id {
  const name = typeof plan === 'object' && plan !== null && 'migration' in plan ? plan.migration : undefined;
  return typeof name === 'string' ? migrationIdOf(name) : 'migration';
}
