/** Facts for the readiness gate, gathered from the rows, and its lines, written back. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Json } from '../../../kernel/canonical-json.ts';
import type { Id } from '../../../kernel/id.ts';
import { riskProblem } from '../domain/accepted-risk.ts';
import type { WayIn } from '../domain/certificate.ts';
import { isEffective } from '../domain/exclusion.ts';
import { isInForce } from '../domain/hold.ts';
import type {
  DatasetFacts,
  EndpointFacts,
  Problem,
  ReadinessFacts,
  ReadinessLine as Line,
} from '../domain/readiness.ts';
import type { LossFacts, ProgrammeFacts } from '../domain/readiness-programme.ts';
import { completePolicy, type Policy } from '../domain/policy.ts';
import type { ApprovalState } from '../domain/two-person-approval.ts';
import { openWindow } from '../domain/window.ts';
import { lossFacts } from './loss-rows.ts';
import { approvalOf, datasetsOf, endpointsOf, exclusionsOf } from './migration-rows.ts';
import { confirmationsOf, holdsOf, policyApprovalOf } from './programme-rows.ts';
import type { Hold } from './programme-tables.ts';
import { type Dataset, Endpoint, type Migration, ReadinessLine, System } from './tables.ts';

/** What was seen when an endpoint was tried. */
export interface TriedEndpoint {
  readonly settingsProblem: Problem | null;
  readonly connectionProblem: Problem | null;
  readonly negotiated: Readonly<Record<string, string>> | null;
  /** Of its secrets, by name; for this evaluation alone, and never kept. Absent where they could not be looked up. */
  readonly fingerprints?: Readonly<Record<string, string>> | undefined;
}

export async function readinessFacts(
  em: SqlEntityManager,
  migration: Migration,
  tried: ReadonlyMap<Id, TriedEndpoint>,
  lineages: ReadonlyMap<Id, Problem | null>,
): Promise<ReadinessFacts> {
  const datasets: DatasetFacts[] = [];
  const rows = await datasetsOf(em, migration.id);
  for (const dataset of rows) {
    datasets.push(await datasetFacts(em, migration, dataset, lineages.get(dataset.id) ?? null));
  }
  const endpoints = await endpointsOf(em, migration.id);
  const programme = await programmeFacts(em, migration, rows);
  const { surveyState, surveyFinishedAt, unclaimedItems, surveyFailureCode, surveyFailureReason } = migration;
  return {
    survey: {
      state: surveyState,
      finishedAt: surveyFinishedAt === null ? null : new Date(surveyFinishedAt),
      unclaimedItems,
      failure: surveyFailureCode === null ? null : { code: surveyFailureCode, reason: surveyFailureReason ?? '' },
    },
    datasets,
    endpoints: endpoints.map((each) => endpointFacts(each, tried.get(each.id))),
    isPolicySealed: migration.policy !== '',
    policyApproval: await policyStateOf(em, migration),
    programme,
    trust: {
      ways: endpoints.map((each) => {
        const { negotiated = null, fingerprints = {} } = tried.get(each.id) ?? {};
        return { ...wayIn(each, negotiated), fingerprints };
      }),
      window: openWindow(migration.programme?.window),
      confirmations: programme.confirmations,
    },
  };
}

export function wayIn(
  { label, role, config, secrets, credentials }: Endpoint,
  negotiated: Readonly<Record<string, string>> | null,
): WayIn {
  return { label, role, config, secrets, credentials: credentials ?? {}, negotiated };
}

/** A migration declared before policies could be approved has no row, and a policy that asks for none. */
export async function policyStateOf(em: SqlEntityManager, migration: Migration): Promise<ApprovalState> {
  const known = await policyApprovalOf(em, migration);
  const need = (migration.rules as Partial<Policy>).approval?.policy;
  return known?.state ?? (need === 'required' ? 'draft' : 'not-required');
}

/** What keeps the endpoint from being spoken with, by the policy of the migration as it stands. */
export async function riskOf(
  em: SqlEntityManager,
  migration: Migration,
  endpoint: Endpoint,
  now: Date,
): Promise<Problem | undefined> {
  // A policy that was sealed before there was a choice says nothing of it.
  const { acceptedRisks } = completePolicy(migration.rules as unknown as Json);
  return riskProblem(endpoint, acceptedRisks, await policyStateOf(em, migration), now);
}

async function programmeFacts(
  em: SqlEntityManager,
  migration: Migration,
  datasets: readonly Dataset[],
): Promise<ProgrammeFacts> {
  const { id: migrationId, programme, isLaunched } = migration;
  const systems = await em.find(
    System,
    { migrationId, role: { $in: ['source', 'target'] } },
    { orderBy: { name: 'asc' } },
  );
  const confirmations = await confirmationsOf(em, migrationId);
  const holds = (await holdsOf(em, migrationId)).filter(isInForce);
  return {
    programme: programme ?? {},
    systems: systems.map(({ name }) => name),
    holds: holds.map((hold) => ({
      dataset: hold.dataset,
      matter: hold.matter,
      broken: breachOf(
        hold,
        datasets.find(({ id }) => id === hold.datasetId),
        migration,
      ),
    })),
    confirmations: confirmations.filter(({ withdrawnBy }) => withdrawnBy === null),
    isLaunched,
  };
}

/** What would leave held items behind. What is on hold when a survey lists it is not excluded by anything. */
function breachOf(hold: Hold, dataset: Dataset | undefined, { surveyFinishedAt }: Migration): string | null {
  const release = 'or have the hold released by two people';
  if (dataset === undefined) return `the plan leaves the whole dataset behind; put it back, ${release}`;
  if (dataset.selection !== hold.selection) {
    return `the select of the dataset is not what it was when the hold was placed; put it back, ${release}`;
  }
  const isOlder = surveyFinishedAt !== null && surveyFinishedAt < hold.placedAt;
  if (!isOlder || dataset.excludedItems === 0) return null;
  return `the survey is older than the hold, and what it excluded may be held; survey the migration again, ${release}`;
}

async function datasetFacts(
  em: SqlEntityManager,
  migration: Migration,
  dataset: Dataset,
  problem: Problem | null,
): Promise<DatasetFacts> {
  const approval = await approvalOf(em, dataset);
  const exclusions = await exclusionsOf(em, [dataset.id]);
  return {
    name: dataset.name,
    tier: dataset.tier,
    charter: dataset.charter ?? {},
    loss: await lossOf(em, dataset),
    owner: dataset.owner,
    items: dataset.items,
    lineage: { state: approval?.state ?? 'draft', problem },
    exclusionsWaiting: exclusions.filter((each) => !isEffective(each, migration.rules)).length,
  };
}

async function lossOf(em: SqlEntityManager, dataset: Dataset): Promise<LossFacts> {
  return dataset.lineage === null ? 'none' : ((await lossFacts(em, dataset)) ?? 'missing');
}

function endpointFacts({ label, connector }: Endpoint, tried: TriedEndpoint | undefined): EndpointFacts {
  const untried: Problem = { code: 'NOT_TRIED', reason: 'nobody has tried it yet' };
  return {
    label,
    connector,
    settingsProblem: tried?.settingsProblem ?? null,
    connectionProblem: tried === undefined ? untried : tried.connectionProblem,
  };
}

export async function saveReadiness(
  em: SqlEntityManager,
  migrationId: Id,
  lines: readonly Line[],
  tried: ReadonlyMap<Id, TriedEndpoint>,
  checkedAt: string,
): Promise<void> {
  await em.nativeDelete(ReadinessLine, { migrationId });
  await em.insertMany(
    ReadinessLine,
    lines.map((line, position) => ({ migrationId, position, ...line })),
  );
  for (const [id, { settingsProblem, connectionProblem, negotiated }] of tried) {
    const problem = settingsProblem ?? connectionProblem;
    await em.nativeUpdate(
      Endpoint,
      { id },
      { checkedAt, negotiated, problemCode: problem?.code ?? null, problemReason: problem?.reason ?? null },
    );
  }
}

/** In the order in which they were judged. */
export function readinessLines(em: SqlEntityManager, migrationId: Id): Promise<ReadinessLine[]> {
  return em.find(ReadinessLine, { migrationId }, { orderBy: { position: 'asc' } });
}
