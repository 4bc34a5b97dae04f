/** `waybill coverage`: the coverage matrix of a migration, for a terminal, for programs, or as a page. */
import { writeFile } from 'node:fs/promises';
import { coveragePage } from '../../subgraphs/validation/main.ts';
import { ask } from '../ask.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { table } from '../table.ts';
import { chosen, handsOf, type ResumeOptions, withHouse } from './migrate.ts';

type PageRow = Parameters<typeof coveragePage>[0]['rows'][number];
type Risk = Parameters<typeof coveragePage>[0]['risks'][number];
type Row = Omit<PageRow, 'dataset'> & { readonly name: string; readonly exceptionsOpen: number };

interface Coverage {
  readonly migration: {
    readonly name: string;
    readonly reconciliation: { readonly report: string } | null;
    readonly coverage: readonly Row[] | null;
    readonly riskCoverage: readonly Risk[] | null;
  } | null;
}

const COVERAGE = `query($id: ID!) { migration(id: $id) { name reconciliation { report } coverage {
  name tier unit population sampleSize methods defects defectRate interval { lower upper } confidence exceptionsOpen
  assurance { notVerifiable sampled bytes record fields workflow }
  workflow { check verdict asked failed notVerifiable why }
  signOffs { role state signedBy signedAt } standing open }
  riskCoverage { risk datasets cover how lacking decided { proposedBy approvedBy approvedAt } } } }`;

export interface CoverageOptions extends ResumeOptions {
  readonly html?: string;
  /** Of `--json`: the lines of risks in the place of those of datasets. */
  readonly risks?: boolean;
}

/** Exit 0 when confidence is high in every dataset and no risk is left open, 2 when something is open. */
export function showCoverage(options: CoverageOptions): Promise<ExitCode> {
  return withHouse(options, async (house) => {
    const { operator } = handsOf(house, options);
    const { id, name } = await chosen(house, operator, options.migration);
    const { migration } = await ask<Coverage>(house, operator, COVERAGE, { id });
    const rows = (migration?.coverage ?? []).map(spoken);
    const risks = (migration?.riskCoverage ?? []).map((risk): Risk => ({ ...risk, cover: word(risk.cover) }));
    if (options.html !== undefined) {
      const report = migration?.reconciliation?.report ?? 'not sealed yet';
      const page = rows.map((row) => ({ ...row, dataset: row.name }));
      await writeFile(options.html, coveragePage({ migration: migration?.name ?? name, report, rows: page, risks }));
    }
    const told = options.risks === true ? risks : rows;
    process.stdout.write(options.json === true ? `${JSON.stringify(told)}\n` : `${coverageText(rows, risks)}\n`);
    const isClean = rows.every(({ standing }) => standing === 'high') && risks.every(({ cover }) => cover !== 'open');
    return isClean ? EXIT.clean : EXIT.exceptionsOpen;
  });
}

function word<W extends string>(name: string): W {
  return name.toLowerCase().replaceAll('_', '-') as W;
}

/** Names of the graph as the rest of the house spells them: NOT_ASKED is not-asked. */
function spoken(row: Row): Row {
  const signOffs = row.signOffs.map(({ role, state, ...by }) => ({ ...by, role: word(role), state: word(state) }));
  const workflow = row.workflow.map(({ verdict, ...line }) => ({ ...line, verdict: word(verdict) }));
  const { notVerifiable, ...levels } = row.assurance as { readonly [level: string]: number };
  const assurance = { ...levels, 'not-verifiable': notVerifiable };
  return { ...row, standing: word(row.standing), assurance, workflow, signOffs } as Row;
}

function coverageText(rows: readonly Row[], risks: readonly Risk[]): string {
  const head = ['dataset', 'tier', 'population', 'looked into', 'methods', 'defects', 'defect rate', 'workflow'];
  const lines = rows.map(({ name, tier, population, unit, sampleSize, methods, defects, standing, ...rest }) => [
    ...[name, tier, population === null ? 'not counted' : `${population} ${unit}`, sampleSize, methods.join(' ')],
    ...[defects, rateText(rest), workflowText(rest), standing],
  ]);
  const covered = risks.map(({ risk, datasets, cover, decided }) => {
    const by = decided === null ? '' : `${decided.proposedBy}, ${decided.approvedBy}`;
    return [risk, cover.replace('-', ' '), datasets.length, by];
  });
  const open = [
    ...rows.flatMap((row) => row.open.map((point) => `${row.name}: ${point}`)),
    ...risks.flatMap(({ risk, cover, lacking }) => (cover === 'open' ? lacking.map((each) => `${risk}: ${each}`) : [])),
  ];
  const points = open.length === 0 ? 'nothing is open' : ['open:', ...open.map((each) => `  ${each}`)].join('\n');
  const parts = [table([...head, 'confidence'], lines), table(['risk', '', 'datasets', 'agreed by'], covered)];
  return [...parts, points].join('\n\n');
}

/** What cannot be verified is told beside what passed. */
function workflowText({ workflow }: Pick<Row, 'workflow'>): string {
  const verdicts = Map.groupBy(workflow, ({ verdict }) => verdict);
  verdicts.delete('not-asked');
  const told = [...verdicts].map(([verdict, own]) => `${own.length} ${verdict.replace('-', ' ')}`);
  return told.length === 0 ? 'not asked' : told.join(', ');
}

function rateText({ defectRate, interval }: Pick<Row, 'defectRate' | 'interval'>): string {
  if (defectRate === null || interval === null) return 'not known';
  const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;
  const { lower, upper } = interval;
  return lower === upper ? percent(defectRate) : `${percent(defectRate)} (${percent(lower)} to ${percent(upper)})`;
}
