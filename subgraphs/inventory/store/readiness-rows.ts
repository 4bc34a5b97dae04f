/** Facts for the readiness gate, gathered from the rows, and its lines, written back. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Id } from '../../../kernel/id.ts';
import { isEffective } from '../domain/exclusion.ts';
import type {
  DatasetFacts,
  EndpointFacts,
  Problem,
  ReadinessFacts,
  ReadinessLine as Line,
} from '../domain/readiness.ts';
import { approvalOf, datasetsOf, endpointsOf, exclusionsOf } from './migration-rows.ts';
import { type Dataset, Endpoint, type Migration, ReadinessLine } from './tables.ts';

/** What was seen when an endpoint was tried. */
export interface TriedEndpoint {
  readonly settingsProblem: Problem | null;
  readonly connectionProblem: Problem | null;
  readonly negotiated: Readonly<Record<string, string>> | null;
}

export async function readinessFacts(
  em: SqlEntityManager,
  migration: Migration,
  tried: ReadonlyMap<Id, TriedEndpoint>,
  lineages: ReadonlyMap<Id, Problem | null>,
): Promise<ReadinessFacts> {
  const datasets: DatasetFacts[] = [];
  for (const dataset of await datasetsOf(em, migration.id)) {
    datasets.push(await datasetFacts(em, migration, dataset, lineages.get(dataset.id) ?? null));
  }
  const { surveyState, surveyFinishedAt, unclaimedItems, surveyFailureCode, surveyFailureReason } = migration;
  return {
    survey: {
      state: surveyState,
      finishedAt: surveyFinishedAt === null ? null : new Date(surveyFinishedAt),
      unclaimedItems,
      failure: surveyFailureCode === null ? null : { code: surveyFailureCode, reason: surveyFailureReason ?? '' },
    },
    datasets,
    endpoints: (await endpointsOf(em, migration.id)).map((each) => endpointFacts(each, tried.get(each.id))),
    isPolicySealed: migration.policy !== '',
  };
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
    owner: dataset.owner,
    items: dataset.items,
    lineage: { state: approval?.state ?? 'draft', problem },
    exclusionsWaiting: exclusions.filter((each) => !isEffective(each, migration.rules)).length,
  };
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
