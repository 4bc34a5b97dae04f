/** The coverage matrix of a migration as it is now, and sealed: for programs, and as a page for people. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Json } from '../../../kernel/canonical-json.ts';
import type { Sha256 } from '../../../kernel/digest.ts';
import { sealJson } from '../../../runtime/strongroom.ts';
import { type AcceptanceFacts, roleStatuses } from '../domain/acceptance.ts';
import { chartsOf, policyOf, SEVERITIES, type Severity, type ValidationPolicy } from '../domain/category.ts';
import { type CoverageFacts, type CoverageRow, coverageRow } from '../domain/coverage.ts';
import { coveragePage } from '../domain/coverage-page.ts';
import { VALIDATION_METHODS } from '../domain/methods.ts';
import { datasetPlan, qualityRisks } from '../domain/plan.ts';
import { type RiskLine, riskLines, type RiskRow } from '../domain/risk.ts';
import { NOTHING_SAMPLED } from '../domain/sampling/draw-plan.ts';
import { addVerdicts } from '../domain/verdict.ts';
import type { WorkflowLine } from '../domain/workflow.ts';
import { approvalOf, batchesOf, datasetsOf } from '../store/copies.ts';
import { countOpen } from '../store/exceptions.ts';
import type { WalkRow } from '../store/acceptance-tables.ts';
import { walksOf } from '../store/walks.ts';
import { signOffsOf } from '../store/sign-offs.ts';
import type { Batch, Dataset, Migration } from '../store/tables.ts';
import { inputsOf } from './batch-work.ts';
import { workflowNow } from './charts-now.ts';
import { type House, sealedJson } from './house.ts';

export async function acceptanceOf(house: House, em: SqlEntityManager, migration: Migration): Promise<AcceptanceFacts> {
  const { acceptance } = await policyOfMigration(house, migration);
  return {
    rules: acceptance.roles,
    report: migration.report ?? null,
    signOffs: await signOffsOf(em, migration.id),
  };
}

async function policyOfMigration(house: House, { policy }: Migration): Promise<ValidationPolicy> {
  return policyOf(await sealedJson(house, policy));
}

/** In the order of the plan. */
export async function coverageOf(
  house: House,
  em: SqlEntityManager,
  migration: Migration,
): Promise<readonly CoverageRow[]> {
  const policy = await policyOfMigration(house, migration);
  const acceptance = await acceptanceOf(house, em, migration);
  const batches = await batchesOf(em, migration.id);
  const datasets = await datasetsOf(em, migration.id);
  const names = new Map(datasets.map(({ id, name }) => [id, name]));
  const brought = new Map(batches.map(({ id, datasetId }) => [id, names.get(datasetId) ?? '']));
  const asked = await workflowNow(em, migration.id, await workflowOf(house, migration), brought);
  const walked = new Set((await walksOf(em, migration.id)).map(({ datasetId }) => datasetId));
  const rows: CoverageRow[] = [];
  for (const dataset of datasets) {
    const batch = batches.find(({ datasetId }) => datasetId === dataset.id);
    const signOffs = roleStatuses(acceptance, dataset.name);
    const facts = { ...factsOf(dataset, batch), ...demandOf(policy, dataset), signOffs };
    const exceptionsOpen = await openOf(house, em, dataset.id);
    const scripts = walked.has(dataset.id) ? 'walked' : 'not-walked';
    const workflow = asked
      .filter(({ datasets }) => datasets.includes(dataset.name))
      .map(({ connector: _connector, datasets: _datasets, ...line }) => line);
    rows.push(coverageRow({ ...facts, exceptionsOpen, scripts, workflow }));
  }
  return rows;
}

/** Every category of risk with what covers it, as the matrix is now; `rows` are the lines of it. */
export async function risksOf(
  house: House,
  em: SqlEntityManager,
  migration: Migration,
  rows: readonly CoverageRow[],
): Promise<readonly RiskLine[]> {
  const policy = await policyOfMigration(house, migration);
  const plan = await sealedJson(house, migration.plan);
  const batches = await batchesOf(em, migration.id);
  const datasets = new Map((await datasetsOf(em, migration.id)).map((dataset) => [dataset.id, dataset]));
  const atRisk: RiskRow[] = [];
  for (const row of rows) {
    const dataset = datasets.get(row.datasetId);
    if (dataset === undefined) continue;
    const batch = batches.find(({ datasetId }) => datasetId === row.datasetId);
    const sampling = batch?.sampling;
    const isSampled = sampling?.draw === 'sample' && sampling.verdict === 'accepted';
    const notVerifiable = row.assurance['not-verifiable'] ?? 0;
    // What was declared later need not name a dataset any more that was moved.
    const digest = batch === undefined ? migration.plan : inputsOf(migration, dataset, batch).plan;
    const own = digest === migration.plan ? plan : await sealedJson(house, digest);
    const feeds = datasetPlan(own, dataset.name).feeds.length;
    atRisk.push({ ...row, format: dataset.format, isSampled, notVerifiable, feeds });
  }
  return riskLines({
    rows: atRisk,
    sampling: policy.sampling ?? NOTHING_SAMPLED,
    charts: chartsOf(policy),
    quality: qualityRisks(plan),
    approval: await approvalOf(em, migration.id, migration.policy),
  });
}

/** As the newest report tells it; reports that were sealed before targets were told apart tell nothing. */
async function workflowOf(house: House, { report }: Migration): Promise<readonly WorkflowLine[]> {
  if (report == null) return [];
  const { workflow = [] } = (await sealedJson(house, report)) as unknown as { workflow?: readonly WorkflowLine[] };
  return workflow.filter(({ datasets }) => datasets !== undefined);
}

function factsOf(dataset: Dataset, batch: Batch | undefined): Pick<CoverageFacts, 'dataset' | 'items' | 'reconciled'> {
  const { id: datasetId, name, tier, lineage, items = null } = dataset;
  const unit = lineage == null ? 'items' : 'records';
  const { state, verdicts, dispositions, assurance, sampling = null } = batch ?? {};
  const isDone = state === 'reconciled' && verdicts != null && dispositions != null && assurance != null;
  return {
    dataset: { datasetId, dataset: name, tier, unit },
    items,
    reconciled: isDone ? { verdicts: addVerdicts(verdicts, {}), dispositions, assurance, sampling } : null,
  };
}

function demandOf(policy: ValidationPolicy, { tier }: Dataset): Pick<CoverageFacts, 'confidence' | 'defectRateMax'> {
  const { confidence } = (policy.sampling ?? NOTHING_SAMPLED).tiers[tier];
  return { confidence, defectRateMax: policy.tolerances[tier].defectRateMax };
}

async function openOf(house: House, em: SqlEntityManager, datasetId: string): Promise<Record<Severity, number>> {
  const now = house.clock.now().toISOString();
  const counts: Record<Severity, number> = { P1: 0, P2: 0, P3: 0, P4: 0 };
  for (const severity of SEVERITIES) counts[severity] = await countOpen(em, { datasetId, severity }, now);
  return counts;
}

export interface SealedCoverage {
  readonly coverage: Sha256;
  readonly coveragePage: Sha256;
}

/** What the matrix holds. */
export interface Covered {
  readonly rows: readonly CoverageRow[];
  readonly risks: readonly RiskLine[];
  readonly walks: readonly WalkRow[];
}

export async function coveredNow(house: House, em: SqlEntityManager, migration: Migration): Promise<Covered> {
  const rows = await coverageOf(house, em, migration);
  return { rows, risks: await risksOf(house, em, migration, rows), walks: await walksOf(em, migration.id) };
}

/** `report` is the report that the matrix belongs to. The same rows give the same bytes. */
export async function sealCoverage(
  house: House,
  migration: Pick<Migration, 'id' | 'name'>,
  report: Sha256,
  { rows, risks, walks }: Covered,
): Promise<SealedCoverage> {
  const coverage = await sealJson(house.strongroom, {
    document: 'waybill coverage matrix',
    version: 1,
    migration: { id: migration.id, name: migration.name },
    report,
    methods: VALIDATION_METHODS as unknown as Json,
    datasets: rows as unknown as Json,
    risks: risks as unknown as Json,
    // What testers wrote may name somebody, so it stays where exceptions are worked on.
    walks: walks.map(({ role, scriptId, stepId, finding = null, datasetId, itemId, exceptionId = null, ...by }) => {
      const { walkedBy, walkedAt } = by;
      return { role, scriptId, stepId, finding, datasetId, itemId, exceptionId, walkedBy, walkedAt };
    }),
  });
  const page = Buffer.from(coveragePage({ migration: migration.name, report, rows, risks }));
  return { coverage, coveragePage: (await house.strongroom.put([page])).digest };
}
