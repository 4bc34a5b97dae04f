/** A chart as the target shows it to whoever opens it there, held against what ought to be in it. */
import type { Json } from '../../../kernel/canonical-json.ts';
import type { Check } from '../domain/check.ts';
import { membersOf, textOf } from './resource.ts';

const CANNOT_SEE =
  'charts that were not drawn, what a screen makes of what the API shows, and targets that show no charts';

function ofCharts(
  id: string,
  requirements: readonly string[],
  codes: readonly string[],
  cannotSee = CANNOT_SEE,
): Check {
  return {
    id,
    version: '1',
    layer: 'usability',
    method: 'workflow',
    requirements,
    categories: ['workflow-failed'],
    codes,
    cannotSee,
  };
}

export const OPENED_CHARTS = {
  'chart-opens': ofCharts('chart-opens', ['I01'], ['CHART_NOT_OPEN', 'NOT_SHOWN', 'OTHERS_SHOWN']),
  'medication-order': ofCharts(
    'medication-order',
    ['I02'],
    ['MEDICATIONS_OUT_OF_ORDER'],
    `undated prescriptions; ${CANNOT_SEE}`,
  ),
  'result-encounter': ofCharts('result-encounter', ['I03'], ['ENCOUNTER_NOT_SHOWN']),
  'charge-history': ofCharts('charge-history', ['I04'], ['CHARGE_NOT_SHOWN', 'CHARGE_SHOWN_TWICE']),
} as const;
export type ChartCheck = keyof typeof OPENED_CHARTS;

export const REPORT_TOTALS: Check = ofCharts(
  'report-totals',
  ['I06'],
  ['REPORT_TOTAL_DIFFERS'],
  'reports of which the plan gives no last totals, and how a report of the target counts',
);

export const WORKFLOW_CHECKS: readonly Check[] = [...Object.values(OPENED_CHARTS), REPORT_TOTALS];

export interface DueRecord {
  readonly type: string;
  readonly key: string;
  /** The source key of its encounter, where that landed at the same target. */
  readonly encounter: string | null;
}

export interface ShownRecord {
  readonly type: string;
  readonly key: string | undefined;
  readonly resource: Json | undefined;
}

export interface ChartFault {
  readonly check: ChartCheck;
  readonly code: string;
  readonly note: string;
}

/** What one chart was asked, and what was wrong. A check that the chart has nothing for is not in `asked`. */
export interface ChartJudgement {
  readonly asked: ReadonlySet<ChartCheck>;
  readonly faults: readonly ChartFault[];
}

const RESULTS: readonly string[] = ['Observation', 'DiagnosticReport'];
const CHARGES: readonly string[] = [
  'Account',
  'ChargeItem',
  'Claim',
  'ClaimResponse',
  'ExplanationOfBenefit',
  'Invoice',
];

export const NOT_OPEN: ChartJudgement = {
  asked: new Set(['chart-opens']),
  faults: [{ check: 'chart-opens', code: 'CHART_NOT_OPEN', note: 'the target shows no chart of this patient' }],
};

/** `isOfAnother`: whether the migration brings the record for another patient. */
export function judgeChart(
  due: readonly DueRecord[],
  shown: readonly ShownRecord[],
  isOfAnother: (record: ShownRecord) => boolean,
): ChartJudgement {
  const times = new Map<string, number>();
  for (const { type, key } of shown) times.set(`${type} ${key}`, (times.get(`${type} ${key}`) ?? 0) + 1);
  const isShown = ({ type, key }: Pick<DueRecord, 'type' | 'key'>): boolean => times.has(`${type} ${key}`);
  const isCharge = ({ type }: { readonly type: string }): boolean => CHARGES.includes(type);
  const [charges, others] = [due.filter(isCharge), due.filter((each) => !isCharge(each))];
  const visited = due.filter(({ type, encounter }) => RESULTS.includes(type) && encounter !== null);
  const prescribed = shown.flatMap(({ type, resource }) => (type === 'MedicationRequest' ? writtenAt(resource) : []));
  const asked = new Set<ChartCheck>(['chart-opens']);
  if (prescribed.length > 1) asked.add('medication-order');
  if (visited.length > 0) asked.add('result-encounter');
  if (charges.length > 0) asked.add('charge-history');
  const faults = [
    ...told(
      'chart-opens',
      'NOT_SHOWN',
      others.filter((each) => !isShown(each)),
      'are there and not shown in the chart',
    ),
    ...told('chart-opens', 'OTHERS_SHOWN', shown.filter(isOfAnother), 'of another patient are shown in the chart'),
    ...told(
      'charge-history',
      'CHARGE_NOT_SHOWN',
      charges.filter((each) => !isShown(each)),
      'are there and not shown in the history',
    ),
    ...told(
      'charge-history',
      'CHARGE_SHOWN_TWICE',
      charges.filter(({ type, key }) => (times.get(`${type} ${key}`) ?? 0) > 1),
      'are shown more than once',
    ),
    ...told(
      'result-encounter',
      'ENCOUNTER_NOT_SHOWN',
      visited.filter((each) => isShown(each) && !isShown({ type: 'Encounter', key: each.encounter ?? '' })),
      'belong to an encounter that the chart does not show',
    ),
  ];
  if (!prescribed.some((at, index) => index > 0 && at > (prescribed[index - 1] ?? ''))) return { asked, faults };
  const note = 'prescriptions are not shown from the newest to the oldest';
  return { asked, faults: [...faults, { check: 'medication-order', code: 'MEDICATIONS_OUT_OF_ORDER', note }] };
}

function writtenAt(resource: Json | undefined): readonly string[] {
  const at = textOf(membersOf(resource ?? null)['authoredOn']);
  return at === undefined ? [] : [at];
}

/** One fault for all of a kind: how many of which types. */
function told(
  check: ChartCheck,
  code: string,
  records: readonly { readonly type: string }[],
  what: string,
): ChartFault[] {
  if (records.length === 0) return [];
  const types = [...Map.groupBy(records, ({ type }) => type)].map(([type, own]) => `${own.length} ${type}`).toSorted();
  return [{ check, code, note: `${types.join(', ')} ${what}` }];
}
