/** README.html of a pack: what was done, who decided, what proof exists; for a reader who knows nothing of us. */
import { DISPOSITIONS } from '../../../kernel/disposition.ts';
import type { Json } from '../../../kernel/canonical-json.ts';
import type { AuditEntry } from '../../../kernel/event.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { ControlLine } from './controls.ts';
import { ATTESTATIONS_FOLDER, CONTROLS_PATH, DECISIONS_PATH, INSTRUCTIONS_PATH, MANIFEST_PATH } from './pack-paths.ts';
import { type StageDocument, type StageFact, subjectOf } from './stage.ts';
import type { BatchSummary, MigrationSummary } from './summary.ts';

export interface ReadmeFacts {
  readonly pack: string;
  /** RFC 3339, UTC. */
  readonly sealedAt: string;
  readonly sealedBy: string;
  readonly sealKeyId: string;
  readonly checkpoint: Checkpoint;
  readonly summary: MigrationSummary;
  readonly stages: readonly StageFact[];
  readonly decisions: readonly { readonly position: number; readonly entry: AuditEntry }[];
  readonly documents: readonly StageDocument[];
  readonly controls: readonly ControlLine[];
}

type Cell = string | number | undefined;

const RECORD_COUNTS = [
  'source',
  'target',
  'matched',
  'differs',
  'missingOnTarget',
  'missingOnSource',
  'unreadable',
  'duplicates',
  'superseded',
] as const;

const STYLE = [
  'body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}',
  'table{border-collapse:collapse;margin:1rem 0;display:block;overflow-x:auto}',
  'th,td{border:1px solid #bbb;padding:.3rem .6rem;text-align:left;vertical-align:top}',
  'td.n{text-align:right;font-variant-numeric:tabular-nums}',
  'code{font-size:.85em;overflow-wrap:anywhere}',
].join('\n');

/** The page, complete in itself: no scripts, nothing fetched, no patient data. */
export function readmeHtml(facts: ReadmeFacts): string {
  const title = `Evidence of the migration ${facts.summary.name}`;
  return [
    `<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>${escape(title)}</title>`,
    `<style>\n${STYLE}\n</style>\n</head>\n<body>\n<h1>${escape(title)}</h1>`,
    introduction(facts),
    ...whatWasDone(facts),
    ...whatItWentThrough(facts),
    ...whatDisagreed(facts.summary),
    ...whoDecided(facts),
    ...whatItWasHeldTo(facts),
    ...whatProofExists(facts),
    '</body>\n</html>\n',
  ].join('\n');
}

/** Said only where there are any. */
function acknowledged({ acknowledged: count = 0 }: MigrationSummary['total']): string {
  return count === 0 ? '' : `acknowledged by their receiver and not verified: ${count}; `;
}

function introduction(facts: ReadmeFacts): string {
  const { total } = facts.summary;
  const sentence =
    `Source items reconciled so far: ${total.eligible}. Verified at the target: ${total.verified}; ` +
    `${acknowledged(total)}excluded by decision: ${total.excluded}; ` +
    `quarantined: ${total.quarantined}; failed: ${total.failed}. ` +
    'Every reconciled item is in exactly one of these.';
  return [
    `<p>This folder, <code>${escape(facts.pack)}</code>, was sealed on ${escape(facts.sealedAt)} `,
    `by ${escape(facts.sealedBy)}. It holds no patient record: items are named by opaque ids and digests, `,
    `and where an inventory names a file, that is the name its owner gave it.</p>\n<p>${sentence}</p>`,
  ].join('');
}

function whatWasDone({ stages, summary: { datasets, batches, total } }: ReadmeFacts): string[] {
  return [
    '<h2>What was done</h2>\n<p>A stage is closed by sealing its documents. ',
    'Surveyed: the source was listed. Manifest sealed: every item was read at the source and digested. ',
    'Moved: the items were written to the target. Reconciled: they were read back from the target and compared.</p>',
    table(
      ['When', 'Stage', 'About', 'By'],
      stages.map((fact) => [fact.occurredAt, fact.stage, subjectOf(fact), fact.actor]),
    ),
    '<h3>Datasets</h3>',
    table(
      ['Dataset', 'Risk class', 'Format', 'Items', 'Bytes', 'Id'],
      datasets.map((each) => [each.name, each.tier, each.format, each.items, each.bytes, each.datasetId]),
    ),
    '<h3>Where every item ended</h3>',
    table(
      ['Batch', 'Dataset', 'Eligible', 'Verified', 'Acknowledged', 'Excluded', 'Quarantined', 'Failed'],
      [
        ...batches.map((batch) => [batch.batchId, nameOf(batch, datasets), ...dispositionCells(batch.dispositions)]),
        ['All', '', ...dispositionCells(total)],
      ],
    ),
    '<h3>Records compared one by one</h3>',
    table(
      [
        'Batch',
        'Source',
        'Target',
        'Matched',
        'Differ',
        'Missing on target',
        'Missing on source',
        'Unreadable',
        'Duplicates',
      ],
      batches.map((batch) => [batch.batchId, ...RECORD_COUNTS.map((name) => batch.records[name])]),
    ),
  ];
}

function dispositionCells(counts: BatchSummary['dispositions']): Cell[] {
  if (counts === undefined) return ['not reconciled yet', '', '', '', '', ''];
  return [counts.eligible, ...DISPOSITIONS.map((name) => counts[name] ?? 0)];
}

function nameOf(batch: BatchSummary, datasets: MigrationSummary['datasets']): string {
  return datasets.find((dataset) => dataset.datasetId === batch.datasetId)?.name ?? batch.datasetId;
}

/** Packs of migrations from before this was kept say nothing of it. */
function whatItWentThrough({ stages }: ReadmeFacts): string[] {
  const seen = new Map(
    stages
      .filter(({ stage }) => stage === 'connected')
      .map(({ payload }) => [`${String(payload.role)} ${String(payload.document)}`, payload]),
  );
  if (seen.size === 0) return [];
  return [
    '<h2>What it went through</h2>\n<p>Each line is a connection unlike the others: by which connector, what a report ',
    'about its very files says of its tests, and what was negotiated.</p>',
    table(
      ['End', 'Connector', 'Tested', 'In motion'],
      [...seen.values()].map(({ role, connector, version, tested, negotiated }) => [
        String(role),
        `${String(connector)} ${String(version)}`,
        String(tested),
        inMotion(negotiated),
      ]),
    ),
  ];
}

function inMotion(negotiated: Json | undefined): string {
  if (typeof negotiated !== 'object' || negotiated === null) return 'nothing was negotiated, or nothing was said of it';
  return Object.entries(negotiated)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ');
}

function whatDisagreed({ exceptions }: MigrationSummary): string[] {
  const text = 'An exception is data that disagrees. It closes only when the data is checked again, or by a waiver.';
  return [
    `<h2>What disagreed</h2>\n<p>${text}</p>`,
    exceptions.length === 0
      ? '<p>Nothing.</p>'
      : table(
          ['Category', 'Severity', 'Open', 'Closed by checking again', 'Waived'],
          exceptions.map((each) => [each.category, each.severity, each.open, each.rechecked, each.waived]),
        ),
  ];
}

function whoDecided({ decisions }: ReadmeFacts): string[] {
  return [
    '<h2>Who decided</h2>\n<p>Nobody approves his own proposal. Each line is an entry of the log, in its own words; ',
    `the same lines are in <code>${DECISIONS_PATH}</code>.</p>`,
    decisions.length === 0
      ? '<p>No decisions are recorded.</p>'
      : table(
          ['When', 'Who', 'Act', 'About', 'Outcome', 'Reason', 'Entry'],
          decisions.map(({ position, entry }) => [
            entry.occurredAt,
            entry.actor,
            entry.action,
            entry.subject,
            entry.outcome,
            entry.reason ?? '',
            position,
          ]),
        ),
  ];
}

function whatItWasHeldTo({ controls }: ReadmeFacts): string[] {
  return [
    '<h2>What it was held to</h2>\n<p>Each control, who asks for it beside the programme, and what in this pack ',
    'shows it. Whether that is enough is for the reader to judge. Entries are positions in the log; ',
    `the same lines, with every path, are in <code>${CONTROLS_PATH}</code>.</p>`,
    table(
      ['Control', 'Asked for by', 'Documents', 'Entries'],
      controls.map(({ control, askedBy, documents, entries }) => [
        control,
        askedBy.join('; '),
        documents.length === 0 && entries.length === 0 ? 'nothing in this pack' : shortened(documents),
        shortened(entries.map(String)),
      ]),
    ),
  ];
}

const SHOWN_MAX = 5;

function shortened(all: readonly string[]): string {
  const more = all.length - SHOWN_MAX;
  return all.slice(0, SHOWN_MAX).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function whatProofExists({ checkpoint, documents, sealKeyId }: ReadmeFacts): string[] {
  return [
    '<h2>What proof exists</h2>\n<ul>',
    `<li>Every file here is listed with its SHA-256 digest (<code>${MANIFEST_PATH}</code>), `,
    `and the list is signed with the Ed25519 key <code>${escape(sealKeyId)}</code>.</li>`,
    `<li>Every act is an entry of the append-only log <code>${escape(checkpoint.origin)}</code>, which had `,
    `${checkpoint.size} entries and the root <code>${checkpoint.root.toString('hex')}</code> at sealing.</li>`,
    `<li>Each stage has a signed statement about its documents in <code>${ATTESTATIONS_FOLDER}</code>.</li>`,
    `<li><code>${INSTRUCTIONS_PATH}</code> tells how to check all this with public tools.</li>\n</ul>`,
    table(
      ['Document', 'SHA-256'],
      documents.map(({ path, sha256 }) => [path, sha256]),
    ),
  ];
}

function table(headings: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const head = headings.map((heading) => `<th scope="col">${escape(heading)}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n');
  return `<table>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${body}\n</tbody>\n</table>`;
}

function cell(value: Cell): string {
  return typeof value === 'number' ? `<td class="n">${value}</td>` : `<td>${escape(value ?? '')}</td>`;
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
