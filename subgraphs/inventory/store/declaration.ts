/** Writing a declared plan down as rows, and taking it back while nothing was launched. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Sha256 } from '../../../kernel/digest.ts';
import { derivedId, type Id } from '../../../kernel/id.ts';
import type { Endpoint as PlannedEndpoint } from '../domain/endpoint.ts';
import { exclusionIdOf } from '../domain/exclusion.ts';
import { draftLineage } from '../domain/lineage-approval.ts';
import { datasetIdOf, type SealedDocuments } from '../domain/migration.ts';
import type { Plan, PlannedDataset } from '../domain/plan.ts';
import type { Policy } from '../domain/policy.ts';
import type { Charter, Programme } from '../domain/programme.ts';
import { Finding } from './finding-tables.ts';
import { savePlannedHold, savePolicyApproval } from './programme-rows.ts';
import { LateItem, SurveyLink, SurveyRun } from './survey-tables.ts';
import { Dataset, Endpoint, Exclusion, Item, LineageApproval, Migration, ReadinessLine, System } from './tables.ts';

export interface DeclaredRows {
  readonly id: Id;
  readonly plan: Plan;
  readonly policy: Policy;
  readonly documents: SealedDocuments;
  readonly declaration: Sha256;
  readonly declaredBy: string;
  readonly declaredAt: string;
  /** The row this declaration takes the place of. */
  readonly before: Migration | null;
}

/** Removes what an earlier declaration of the same migration wrote; what people approved, held or confirmed stays. */
export async function clearDeclaration(em: SqlEntityManager, migrationId: Id): Promise<void> {
  const datasets = await em.find(Dataset, { migrationId }, { fields: ['id'] });
  const datasetId = { $in: datasets.map(({ id }) => id) };
  await em.nativeDelete(Item, { datasetId });
  await em.nativeDelete(LateItem, { datasetId });
  await em.nativeDelete(SurveyLink, { datasetId });
  await em.nativeDelete(Finding, { migrationId });
  await em.nativeUpdate(SurveyRun, { migrationId, state: 'running' }, { state: 'superseded' });
  await em.nativeDelete(Exclusion, { datasetId });
  await em.nativeDelete(Dataset, { migrationId });
  await em.nativeDelete(Endpoint, { migrationId });
  await em.nativeDelete(System, { migrationId });
  await em.nativeDelete(ReadinessLine, { migrationId });
  em.clear();
}

export async function saveDeclaration(em: SqlEntityManager, rows: DeclaredRows): Promise<void> {
  const { id, plan, policy, documents, declaration, declaredBy, declaredAt, before } = rows;
  await em.upsert(Migration, {
    id,
    name: plan.migration,
    declaration,
    plan: documents.plan,
    policy: documents.policy,
    rules: policy,
    programme: programmeOf(plan),
    declaredBy,
    declaredAt,
    isLaunched: false,
    surveyState: 'none',
    // A survey of the earlier declaration that is still listing finds that its pass is over.
    surveyPass: (before?.surveyPass ?? 0) + 1,
    surveyRequestedBy: null,
    surveyFinishedAt: null,
    surveyFailureCode: null,
    surveyFailureReason: null,
    items: 0,
    bytes: 0,
    unclaimedItems: 0,
    unclaimedBytes: 0,
    factsRevision: (before?.factsRevision ?? 0) + 1,
    evaluatedRevision: before?.evaluatedRevision ?? 0,
    evaluatedAt: null,
    isReady: false,
    readinessDigest: null,
    readinessChanges: before?.readinessChanges ?? 0,
  });
  await savePolicyApproval(em, id, documents.policy, policy);
  await saveSystems(em, rows);
  await saveEndpoint(em, rows, { label: 'source', role: 'source', endpoint: plan.source });
  const targetId = await saveEndpoint(em, rows, { label: 'target', role: 'target', endpoint: plan.target });
  for (const [position, dataset] of plan.datasets.entries()) {
    const label = `target of ${dataset.name}`;
    const ownTarget = dataset.target;
    const own = ownTarget && (await saveEndpoint(em, rows, { label, role: 'target', endpoint: ownTarget }));
    await saveDataset(em, rows, { dataset, position, targetId: own ?? targetId });
  }
}

interface Labelled {
  readonly label: string;
  readonly role: 'source' | 'target';
  readonly endpoint: PlannedEndpoint;
}

/** Every system of the plan, whether or not something leads into it. */
async function saveSystems(em: SqlEntityManager, { id, plan }: DeclaredRows): Promise<void> {
  for (const { name, role, vendor, product, version, zone, owner } of plan.systems ?? []) {
    const known = { vendor: vendor ?? null, product: product ?? null, version: version ?? null };
    const place = { zone: zone ?? null, owner: owner ?? null };
    await em.insert(System, { id: systemIdOf(id, name), migrationId: id, name, role, ...known, ...place });
  }
}

/** The system that an endpoint leads into: the one of the plan, or one that is known by the endpoint only. */
async function systemOf(em: SqlEntityManager, { id }: DeclaredRows, { label, role, endpoint }: Labelled): Promise<Id> {
  if (endpoint.system !== undefined) return systemIdOf(id, endpoint.system);
  const systemId = derivedId('sys', id, label);
  const unknown = { vendor: null, product: null, version: null, zone: null, owner: endpoint.owner ?? null };
  await em.insert(System, { id: systemId, migrationId: id, name: label, role, ...unknown });
  return systemId;
}

function systemIdOf(migrationId: Id, name: string): Id {
  return derivedId('sys', migrationId, 'named', name);
}

function programmeOf({ systems, stakeholders, window, backups, accessReviews }: Plan): Programme {
  return present({ systems, stakeholders, window, backups, accessReviews });
}

function charterOf(dataset: PlannedDataset): Charter {
  const { domain, domainName, structure, retention, legalHold, dependsOn, risks, acceptance, consumers } = dataset;
  return present({ domain, domainName, structure, retention, legalHold, dependsOn, risks, acceptance, consumers });
}

/** What is left out stays out: the database would give it back as null. */
function present<T extends object>(members: T): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T;
}

async function saveEndpoint(em: SqlEntityManager, rows: DeclaredRows, labelled: Labelled): Promise<Id> {
  const { id } = rows;
  const { label, role, endpoint } = labelled;
  const systemId = await systemOf(em, rows, labelled);
  const endpointId = derivedId('end', id, label);
  const { connector, config, secrets } = endpoint;
  await em.insert(Endpoint, {
    id: endpointId,
    migrationId: id,
    systemId,
    label,
    role,
    connector,
    config,
    secrets,
    owner: endpoint.owner ?? null,
    credentials: endpoint.credentials ?? null,
    network: endpoint.network ?? null,
    checkedAt: null,
    negotiated: null,
    problemCode: null,
    problemReason: null,
  });
  return endpointId;
}

interface Placed {
  readonly dataset: PlannedDataset;
  readonly position: number;
  readonly targetId: Id;
}

async function saveDataset(em: SqlEntityManager, rows: DeclaredRows, placed: Placed): Promise<void> {
  const { dataset, position, targetId } = placed;
  const id = datasetIdOf(rows.id, dataset.name);
  const lineage = rows.documents.lineages[position] ?? null;
  await em.insert(Dataset, {
    id,
    migrationId: rows.id,
    position,
    name: dataset.name,
    tier: dataset.tier,
    format: dataset.format,
    selection: dataset.select,
    owner: dataset.owner ?? null,
    charter: charterOf(dataset),
    lineageReference: dataset.lineage,
    lineage,
    targetId,
  });
  const { declaredBy: placedBy, declaredAt: placedAt } = rows;
  await savePlannedHold(em, dataset, { migrationId: rows.id, datasetId: id, placedBy, placedAt });
  await saveExclusions(em, rows, dataset, id);
  const approvalId = derivedId('lap', id, lineage ?? 'pass-through');
  const approval = draftLineage(id, lineage, rows.policy);
  const known = await em.findOne(LineageApproval, { id: approvalId });
  const isSettled = known !== null && known.state !== 'not-required' && approval.state !== 'not-required';
  if (!isSettled) await em.upsert(LineageApproval, { id: approvalId, ...approval, approvedAt: null });
}

async function saveExclusions(em: SqlEntityManager, rows: DeclaredRows, dataset: PlannedDataset, id: Id) {
  const seen = new Set<Id>();
  for (const [position, { glob, reason, approvedBy }] of dataset.exclusions.entries()) {
    const exclusionId = exclusionIdOf(id, glob, reason);
    if (seen.has(exclusionId)) continue;
    seen.add(exclusionId);
    await em.insert(Exclusion, {
      id: exclusionId,
      datasetId: id,
      position,
      glob,
      reason,
      recordedBy: rows.declaredBy,
      recordedAt: rows.declaredAt,
      approvalClaim: approvedBy ?? null,
    });
  }
}
