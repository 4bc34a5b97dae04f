/** A chart as the target shows it to whoever opens it there, held against what ought to be in it. */
import type { Json } from '../../../kernel/canonical-json.ts';
import type { Check } from '../domain/check.ts';
import { isNewestFirst, MEDICATIONS } from './medication-order.ts';

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
    version: '2',
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
    `medications without a date, and two of one day of which only one says when; ${CANNOT_SEE}`,
  ),
  'result-encounter': ofCharts(
    'result-encounter',
    ['I03'],
    ['ENCOUNTER_NOT_SHOWN', 'ENCOUNTER_NOT_NAMED', 'ENCOUNTER_NOT_FOUND', 'ENCOUNTER_OF_ANOTHER'],
  ),
  'charge-history': ofCharts('charge-history', ['I04'], ['CHARGE_NOT_SHOWN', 'CHARGE_SHOWN_TWICE']),
} as const;
export type ChartCheck = keyof typeof OPENED_CHARTS;

/** The checks that findings of these codes come from, in the order of the catalogue. */
export function chartChecksOf(codes: ReadonlySet<string>): readonly ChartCheck[] {
  const checks = Object.entries(OPENED_CHARTS) as [ChartCheck, Check][];
  return checks.filter(([, check]) => check.codes?.some((code) => codes.has(code))).map(([id]) => id);
}

/** Told beside the checks of each chart: whether those of high risk were opened, every one of them. */
export const HIGH_RISK_CHARTS: Check = ofCharts(
  'high-risk-charts',
  ['J45'],
  [],
  'patients of high risk whom the policy does not name by the items they are in',
);

export const UNCLOSED = ['REFUSED_BY_RECEIVER', 'NOT_ACKNOWLEDGED'] as const;
export const ACKNOWLEDGEMENTS: Check = {
  ...ofCharts('acknowledgements-close', ['I06'], UNCLOSED),
  categories: ['missing-record', 'unreadable'],
  cannotSee: 'what a receiver did after it said that it had taken a message over, and targets that ask no receiver',
};

export const REPORT_TOTALS: Check = ofCharts(
  'report-totals',
  ['I06'],
  ['REPORT_TOTAL_DIFFERS'],
  'reports of which the plan gives no last totals, and how a report of the target counts',
);

export const WORKFLOW_CHECKS: readonly Check[] = [
  ...Object.values(OPENED_CHARTS),
  HIGH_RISK_CHARTS,
  ACKNOWLEDGEMENTS,
  REPORT_TOTALS,
];

export interface DueRecord {
  readonly type: string;
  readonly key: string;
  /** The source key of its encounter, where that landed at the same target. */
  readonly encounter: string | null;
  /** When a medication was prescribed or taken, by the source. */
  readonly date: string | null;
}

export interface ShownRecord {
  readonly type: string;
  readonly key: string | undefined;
  readonly resource: Json | undefined;
  /** Of a result: where its reference to an encounter leads at the target. */
  readonly ledTo?: LedTo | undefined;
}

/** `stranger`: there, and none of the encounters that the migration brings for these charts. */
export type LedTo =
  | { readonly kind: 'encounter'; readonly key: string }
  | { readonly kind: 'nowhere' | 'gone' | 'stranger' };

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

export const RESULTS: readonly string[] = ['Observation', 'DiagnosticReport'];
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

/** What can be asked of a chart in which this ought to be. */
export function askedOf(due: readonly DueRecord[]): ReadonlySet<ChartCheck> {
  const isOrdered = MEDICATIONS.some(
    (type) => due.filter((each) => each.type === type && each.date !== null).length > 1,
  );
  return new Set<ChartCheck>([
    'chart-opens',
    ...(isOrdered ? (['medication-order'] as const) : []),
    ...(due.some(isVisited) ? (['result-encounter'] as const) : []),
    ...(due.some(isCharge) ? (['charge-history'] as const) : []),
  ]);
}

function isCharge({ type }: Pick<DueRecord, 'type'>): boolean {
  return CHARGES.includes(type);
}

/** Whether it is a result whose encounter landed at the same target. */
export function isVisited({ type, encounter }: DueRecord): boolean {
  return RESULTS.includes(type) && encounter !== null;
}

/** `isOfAnother`: whether the migration brings the record for another patient. */
export function judgeChart(
  due: readonly DueRecord[],
  shown: readonly ShownRecord[],
  isOfAnother: (record: ShownRecord) => boolean,
): ChartJudgement {
  const times = new Map<string, number>();
  for (const { type, key } of shown) times.set(`${type} ${key}`, (times.get(`${type} ${key}`) ?? 0) + 1);
  const isShown = ({ type, key }: Pick<DueRecord, 'type' | 'key'>): boolean => times.has(`${type} ${key}`);
  const lacking = due.filter((each) => !isShown(each));
  const doubled = due.filter((each) => isCharge(each) && (times.get(`${each.type} ${each.key}`) ?? 0) > 1);
  const visited = due.filter((each) => isVisited(each) && isShown(each));
  const unvisited = visited.filter(({ encounter }) => !isShown({ type: 'Encounter', key: encounter ?? '' }));
  return {
    asked: askedOf(due),
    faults: [
      ...told(
        ['chart-opens', 'NOT_SHOWN'],
        lacking.filter((each) => !isCharge(each)),
        'in the chart',
      ),
      ...told(['chart-opens', 'OTHERS_SHOWN'], shown.filter(isOfAnother)),
      ...told(['charge-history', 'CHARGE_NOT_SHOWN'], lacking.filter(isCharge), 'in the history'),
      ...told(['charge-history', 'CHARGE_SHOWN_TWICE'], doubled),
      ...told(['result-encounter', 'ENCOUNTER_NOT_SHOWN'], unvisited),
      ...misled(visited, shown),
      ...outOfOrder(due, shown),
    ],
  };
}

/** Results whose reference does not lead to the encounter they have at the source. */
function misled(visited: readonly DueRecord[], shown: readonly ShownRecord[]): readonly ChartFault[] {
  const ledTo = new Map(shown.map((each) => [`${each.type} ${each.key}`, each.ledTo]));
  const wrong = visited.flatMap(({ type, key, encounter }) => {
    const led = ledTo.get(`${type} ${key}`);
    if (led === undefined || (led.kind === 'encounter' && led.key === encounter)) return [];
    return [{ type, code: MISLED[led.kind] }];
  });
  return [...Map.groupBy(wrong, ({ code }) => code)].flatMap(([code, own]) => told(['result-encounter', code], own));
}

const MISLED = {
  nowhere: 'ENCOUNTER_NOT_NAMED',
  gone: 'ENCOUNTER_NOT_FOUND',
  stranger: 'ENCOUNTER_OF_ANOTHER',
  encounter: 'ENCOUNTER_OF_ANOTHER',
} as const;

/** The order is the source's: what a target made of the dates may have sorted them. */
function outOfOrder(due: readonly DueRecord[], shown: readonly ShownRecord[]): readonly ChartFault[] {
  const dates = new Map(due.map(({ type, key, date }) => [`${type} ${key}`, date]));
  const wrong = MEDICATIONS.filter((medication) => {
    const own = shown.filter(({ type }) => type === medication);
    return !isNewestFirst(own.flatMap(({ type, key }) => dates.get(`${type} ${key}`) ?? []));
  });
  if (wrong.length === 0) return [];
  const note = `${wrong.join(' and ')} are not shown from the newest to the oldest`;
  return [{ check: 'medication-order', code: 'MEDICATIONS_OUT_OF_ORDER', note }];
}

const WHAT_IS_WRONG = {
  NOT_SHOWN: 'are there and not shown',
  OTHERS_SHOWN: 'of another patient are shown in the chart',
  CHARGE_NOT_SHOWN: 'are there and not shown',
  CHARGE_SHOWN_TWICE: 'are shown more than once',
  ENCOUNTER_NOT_SHOWN: 'belong to an encounter that the chart does not show',
  ENCOUNTER_NOT_NAMED: 'name no encounter',
  ENCOUNTER_NOT_FOUND: 'name an encounter that cannot be opened at the target',
  ENCOUNTER_OF_ANOTHER: 'lead to another encounter than at the source',
} as const;

/** One fault for all of a kind: how many of which types. */
function told(
  [check, code]: readonly [ChartCheck, keyof typeof WHAT_IS_WRONG],
  records: readonly { readonly type: string }[],
  where = '',
): ChartFault[] {
  if (records.length === 0) return [];
  const types = [...Map.groupBy(records, ({ type }) => type)].map(([type, own]) => `${own.length} ${type}`).toSorted();
  return [{ check, code, note: `${types.join(', ')} ${WHAT_IS_WRONG[code]} ${where}`.trimEnd() }];
}
