/**
 * The coverage matrix as one page that needs nothing else: no scripts, nothing fetched, no patient data. A board reads
 * the top of it, an auditor all of it.
 */
import { ASSURANCE_LEVELS } from '../../../kernel/assurance.ts';
import type { RoleStatus } from './acceptance.ts';
import { type CoverageRow, type CoverageStanding, COVERAGE_STANDINGS } from './coverage.ts';
import { VALIDATION_METHODS } from './methods.ts';
import type { RiskCover, RiskLine } from './risk.ts';
import { countVerdicts, WORKFLOW_VERDICTS } from './workflow.ts';

export interface CoveragePageFacts {
  readonly migration: string;
  readonly report: string;
  readonly rows: readonly PageRow[];
  readonly risks: readonly RiskLine[];
}

/** What the page shows of a row. */
export type PageRow = Omit<CoverageRow, 'datasetId' | 'exceptionsOpen'>;

const STANDING_WORDS: Readonly<Record<CoverageStanding, string>> = {
  high: 'high',
  limited: 'something is open',
  none: 'not looked at yet',
};

// Dark enough on white for WCAG 2.2 AA; never the only sign of anything.
const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:80rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}
table{border-collapse:collapse;margin:1rem 0;width:100%}
caption{text-align:left;font-weight:600;padding:.3rem 0}
th,td{border:1px solid #bbb;padding:.4rem .6rem;text-align:left;vertical-align:top}
td.n{text-align:right;font-variant-numeric:tabular-nums}
ul{margin:0;padding-left:1.1rem}
.wide{overflow-x:auto}
.high{color:#14532d}.limited{color:#7c2d12}.none{color:#374151}
.sums{display:flex;gap:2rem;flex-wrap:wrap;padding:0;list-style:none}
.sums b{display:block;font-size:2rem;line-height:1.1}
code{font-size:.85em;overflow-wrap:anywhere}
@media print{body{margin:0;max-width:none}}`;

export function coveragePage({ migration, report, rows, risks }: CoveragePageFacts): string {
  const title = `Coverage of the migration ${migration}`;
  return [
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    `<title>${escape(title)}</title>\n<style>\n${STYLE}\n</style>\n</head>\n<body>\n<h1>${escape(title)}</h1>`,
    summary(rows),
    matrix(rows),
    riskTable(risks),
    openPoints(rows, risks),
    methods(),
    `<p>Belongs to the reconciliation report <code>${escape(report)}</code>. Intervals are exact (Clopper-Pearson for `,
    'the number of defective units of a finite population); where every unit was looked into they are a point.</p>',
    '</body>\n</html>\n',
  ].join('\n');
}

function summary(rows: readonly PageRow[]): string {
  const sums = COVERAGE_STANDINGS.map((standing) => {
    const count = rows.filter((row) => row.standing === standing).length;
    const datasets = count === 1 ? 'dataset' : 'datasets';
    return `<li class="${standing}"><b>${count}</b> ${datasets}: ${STANDING_WORDS[standing]}</li>`;
  });
  const counts = countVerdicts(rows.flatMap(({ workflow }) => workflow));
  const told = WORKFLOW_VERDICTS.map((verdict) => `${counts[verdict]} ${verdict.replace('-', ' ')}`);
  return `<h2>Where confidence is high, and what is open</h2>\n<ul class="sums">${sums.join('')}</ul>
<p>Workflow checks, each at the target of each dataset: ${told.join(', ')}.</p>`;
}

function matrix(rows: readonly PageRow[]): string {
  const head = [
    ...['Dataset', 'Risk class', 'Population', 'Looked into', 'Methods', 'Defects', 'Defect rate, with interval'],
    ...['Assurance of its items', 'Workflow at the target', 'Sign-off', 'Confidence'],
  ];
  const heads = head.map((name) => `<th scope="col">${name}</th>`).join('');
  const scale = Math.max(0.001, ...rows.map(({ interval }) => interval?.upper ?? 0));
  const lines = rows.map((row) => `<tr>${cellsOf(row, scale)}</tr>`).join('\n');
  return `<div class="wide"><table>\n<caption>Coverage matrix</caption>\n<thead><tr>${heads}</tr></thead>
<tbody>\n${lines}\n</tbody></table></div>`;
}

function cellsOf(row: PageRow, scale: number): string {
  const { dataset, tier, unit, population, sampleSize, methods: used, defects, signOffs, standing } = row;
  return [
    `<th scope="row">${escape(dataset)}</th><td>${escape(tier)}</td>`,
    `<td class="n">${population === null ? 'not counted' : `${countText(population)} ${unit}`}</td>`,
    `<td class="n">${countText(sampleSize)}</td><td>${list(used.map(nameOf))}</td>`,
    `<td class="n">${countText(defects)}</td><td>${rateCell(row, scale)}</td>`,
    `<td>${list(levelTexts(row))}</td><td>${list(workflowTexts(row)) || 'not asked'}</td>`,
    `<td>${list(signOffs.filter(({ state }) => state !== 'not-asked').map(signOffText)) || 'not asked for'}</td>`,
    `<td class="${standing}"><b>${STANDING_WORDS[standing]}</b></td>`,
  ].join('');
}

/** The highest level first; what could not be verified is told as every other is. */
function levelTexts({ assurance }: PageRow): readonly string[] {
  return ASSURANCE_LEVELS.toReversed().flatMap((level) => {
    const count = assurance[level] ?? 0;
    return count === 0 ? [] : [`${level.replace('-', ' ')}: ${countText(count)}`];
  });
}

function workflowTexts({ workflow }: PageRow): readonly string[] {
  return workflow
    .filter(({ verdict }) => verdict !== 'not-asked')
    .map(({ check, verdict, asked, failed, notVerifiable, why }) => {
      const counts = [
        ...(asked > 0 ? [`${countText(asked - failed)} of ${countText(asked)} passed`] : []),
        ...(notVerifiable > 0 ? [`${countText(notVerifiable)} not verifiable, as ${why}`] : []),
      ];
      return `${check}: ${verdict.replace('-', ' ')} (${counts.join('; ')})`;
    });
}

function nameOf(id: string): string {
  return VALIDATION_METHODS.find((method) => method.id === id)?.name ?? id;
}

function signOffText({ role, state, signedBy }: RoleStatus): string {
  return `${role}: ${state}${signedBy === null ? '' : ` (${signedBy})`}`;
}

const BAR_WIDTH = 160;

/** The rate in words, and its interval as a bar on one scale for all rows. */
function rateCell({ defectRate, interval, confidence }: PageRow, scale: number): string {
  if (defectRate === null || interval === null) return 'not known';
  const at = (rate: number): number => Math.round((Math.min(rate, scale) / scale) * BAR_WIDTH);
  const { lower, upper } = interval;
  const words =
    lower === upper
      ? `${percent(defectRate)}; every one was looked into`
      : `${percent(defectRate)}; between ${percent(lower)} and ${percent(upper)} at ${percent(confidence)} confidence`;
  const bar = [
    `<svg width="${BAR_WIDTH + 4}" height="12" role="img" aria-label="${words}">`,
    `<rect x="2" y="5" width="${BAR_WIDTH}" height="2" fill="#ccc"/>`,
    `<rect x="${2 + at(lower)}" y="3" width="${Math.max(2, at(upper) - at(lower))}" height="6" fill="#1d4ed8"/>`,
    `<circle cx="${2 + at(defectRate)}" cy="6" r="2.5" fill="#111"/></svg>`,
  ];
  return `${bar.join('')}<br>${words}`;
}

const COVER_WORDS: Readonly<Record<RiskCover, string>> = {
  covered: 'covered',
  'left-out': 'deliberately left out',
  open: 'not covered, and nobody decided so',
  absent: 'nothing of it is brought',
};

function riskTable(risks: readonly RiskLine[]): string {
  const lines = risks.map(({ risk, datasets, cover, how, lacking, decided }) => {
    const by = decided === null ? '' : `${decided.proposedBy}, ${decided.approvedBy} (${decided.approvedAt})`;
    const cells = [`<b>${COVER_WORDS[cover]}</b>`, list(datasets), list(how), list(lacking), escape(by)];
    return `<tr><th scope="row">${escape(risk)}</th>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  });
  const head = ['Risk', 'Covered', 'Datasets', 'How', 'Not covered', 'Agreed by'].map(
    (name) => `<th scope="col">${name}</th>`,
  );
  return `<h2>Risks</h2>\n<div class="wide"><table>\n<caption>Every category of risk, and what covers it</caption>
<thead><tr>${head.join('')}</tr></thead>\n<tbody>\n${lines.join('\n')}\n</tbody></table></div>`;
}

function openPoints(rows: readonly PageRow[], risks: readonly RiskLine[]): string {
  const open = [
    ...rows.map(({ dataset, open: points }) => ({ about: dataset, points })),
    ...risks.map(({ risk, cover, lacking }) => ({ about: risk, points: cover === 'open' ? lacking : [] })),
  ].filter(({ points }) => points.length > 0);
  if (open.length === 0) return '<h2>Open points</h2>\n<p>None.</p>';
  const items = open.map(({ about, points }) => `<li><b>${escape(about)}</b>: ${points.map(escape).join('; ')}</li>`);
  return `<h2>Open points</h2>\n<ul>\n${items.join('\n')}\n</ul>`;
}

function methods(): string {
  const lines = VALIDATION_METHODS.map(({ name, how, verifies, cannotSee, suits }) => {
    const cells = [how, verifies, cannotSee, suits].map((text) => `<td>${text}</td>`);
    return `<tr><th scope="row">${name}</th>${cells.join('')}</tr>`;
  });
  const head = ['Method', 'How', 'Verifies', 'Cannot see', 'Suits'];
  return `<h2>Methods</h2>\n<div class="wide"><table>\n<caption>What each method verifies, and what it cannot</caption>
<thead><tr>${head.map((name) => `<th scope="col">${name}</th>`).join('')}</tr></thead>
<tbody>\n${lines.join('\n')}\n</tbody></table></div>`;
}

function list(texts: readonly string[]): string {
  return texts.length === 0 ? '' : `<ul>${texts.map((text) => `<li>${escape(text)}</li>`).join('')}</ul>`;
}

function countText(count: number): string {
  return count.toLocaleString('en-US');
}

const DIGITS = 3;

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(DIGITS))} %`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
