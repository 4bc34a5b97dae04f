/** The control map: what a migration is held to, and what in the pack shows that it was. Equal facts, equal lines. */
import type { AuditEntry } from '../../../kernel/event.ts';
import type { StageDocument } from './stage.ts';

interface Control {
  readonly id: string;
  readonly control: string;
  /** Where it is asked for, beside the programme itself. */
  readonly askedBy: readonly string[];
  /** Which documents of the pack show it, by their paths. */
  readonly documents?: RegExp;
  /** Which acts show it, by the entries of the log. */
  readonly acts?: RegExp;
}

/** Known before anything moves: what a control has nothing for yet is told as well. */
const CONTROLS: readonly Control[] = [
  {
    id: 'inventory',
    control: 'What was to move was known, item by item, before it moved',
    askedBy: ['45 CFR 164.310(d)(2)(iv)'],
    documents: /^data\/inventory\//,
    acts: /^(migration-declared|dataset-surveyed|fact-confirmed)$/,
  },
  {
    id: 'mapping',
    control: 'What becomes of every field was written down, and is kept as it was used',
    askedBy: ['21 CFR 11.10(e)'],
    documents: /^data\/mapping\//,
    acts: /^lineage-(proposed|approved)$/,
  },
  {
    id: 'change',
    control: 'Every change was proposed by one person and approved by another',
    askedBy: ['45 CFR 164.308(a)(4)'],
    acts: /-(proposed|approved|recorded)$/,
  },
  {
    id: 'movement',
    control: 'Who moved what, when, and what became of every item is on record',
    askedBy: ['45 CFR 164.310(d)(2)(iii)'],
    documents: /^data\/manifests\/.*\.record\.ndjson$/,
    acts: /^batch-(launched|moved|paused|resumed)$/,
  },
  {
    id: 'transmission',
    control: 'Every end that was reached is on record, and what was negotiated with it',
    askedBy: ['45 CFR 164.312(e)(1)', '45 CFR 164.312(e)(2)(ii)'],
    documents: /^data\/connections\//,
  },
  {
    id: 'integrity',
    control: 'Originals and what arrived have digests, and nothing was altered without being noticed',
    askedBy: ['45 CFR 164.312(c)(1)', '45 CFR 164.312(c)(2)', '45 CFR 164.312(e)(2)(i)'],
    documents: /^data\/manifests\/.*\.(source|target)\.(ndjson|sha256)$/,
    acts: /^manifest-sealed$/,
  },
  {
    id: 'reconciliation',
    control: 'Every item was read back or accounted for, and every record compared',
    askedBy: ['45 CFR 164.312(c)(1)'],
    documents: /^data\/(reconciliation\/|validation\/.*\.report\.json$)/,
    acts: /^(batch|migration)-reconciled$/,
  },
  {
    id: 'exceptions',
    control: 'What disagreed was kept in view until the data agreed or two people took the risk',
    askedBy: ['45 CFR 164.308(a)(1)(ii)(B)'],
    documents: /^data\/exceptions\//,
    acts: /^(waiver|remedy)-/,
  },
  {
    id: 'coverage',
    control: 'How much of each class of data was looked into, how, and with what result',
    askedBy: [],
    documents: /^data\/validation\/.*\.coverage\./,
  },
  {
    id: 'sign-off',
    control: 'Those who use the data accepted it, by name, role and meaning',
    askedBy: ['21 CFR 11.50'],
    acts: /^migration-signed-off$/,
  },
  {
    id: 'audit',
    control: 'Every act is recorded in a log that nobody can change unnoticed',
    askedBy: ['45 CFR 164.312(b)', '45 CFR 164.316(b)(1)'],
    acts: /./,
  },
];

export interface ControlLine {
  readonly id: string;
  readonly control: string;
  readonly askedBy: readonly string[];
  /** Paths in the pack. */
  readonly documents: readonly string[];
  /** Positions in the log; their entries are in the pack, with proofs. */
  readonly entries: readonly number[];
}

export interface ControlFacts {
  readonly documents: readonly Pick<StageDocument, 'path'>[];
  readonly entries: readonly { readonly position: number; readonly entry: Pick<AuditEntry, 'action' | 'outcome'> }[];
}

/** A refused act shows nothing. */
export function controlMap({ documents, entries }: ControlFacts): readonly ControlLine[] {
  const done = entries.filter(({ entry }) => entry.outcome === 'succeeded');
  return CONTROLS.map(({ id, control, askedBy, documents: paths, acts }) => ({
    ...{ id, control, askedBy },
    documents: documents.flatMap(({ path }) => (paths?.test(path) ? [path] : [])),
    entries: done.flatMap(({ position, entry }) => (acts?.test(entry.action) ? [position] : [])),
  }));
}
