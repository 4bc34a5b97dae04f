/** Guided scripts: what people of a role do with real records of the migration, and what they say of it. */
import type { AcceptanceRole } from '../../../kernel/acceptance.ts';
import type { Id } from '../../../kernel/id.ts';
import { refused, granted, type Outcome } from '../../../kernel/refusal.ts';
import type { Category } from './category.ts';
import { finding, type Finding } from './finding.ts';

export interface ScriptStep {
  readonly id: string;
  /** `edge`: a record that something was wrong with, where there is one. */
  readonly kind: 'ordinary' | 'edge';
  /** A FHIR resource type, `item` for what passes through, or `message` for a file of HL7 v2 messages. */
  readonly record: string;
  readonly screen: string;
  readonly action: string;
  readonly expect: string;
}

export interface GuidedScript {
  readonly id: string;
  readonly role: AcceptanceRole;
  readonly title: string;
  readonly steps: readonly ScriptStep[];
}

/** A real record that a step is done with, and where it came from. */
export interface DrawnRecord {
  readonly datasetId: Id;
  readonly batchId: Id;
  readonly itemId: Id;
  readonly type: string;
  /** The source key of a record, the path of an item. */
  readonly key: string;
  /** Where in the item. */
  readonly position: string;
}

/** What a tester may find. Friction is kept as feedback: no data disagrees, a process or a setting has to change. */
export const STEP_FINDINGS = [
  'display-truncation',
  'missing-label',
  'wrong-value',
  'not-found',
  'error-not-handled',
  'workflow-friction',
] as const;
export type StepFinding = (typeof STEP_FINDINGS)[number];

const CATEGORY_OF: Readonly<Record<StepFinding, Category | null>> = {
  'display-truncation': 'truncation',
  'missing-label': 'attachment-not-found',
  'wrong-value': 'value-mismatch',
  'not-found': 'missing-record',
  'error-not-handled': 'workflow-failed',
  'workflow-friction': null,
};

export interface Walk {
  readonly role: AcceptanceRole;
  readonly scriptId: string;
  readonly stepId: string;
  /** Null: all was as expected. */
  readonly finding: StepFinding | null;
  /** Free text of the tester: kept where exceptions are worked on, and in no event and no pack. */
  readonly screen: string;
  readonly action: string;
  readonly expected: string;
  readonly seen: string;
}

const TEXT_LENGTH_MAX_CHARS = 4000;

/** Refuses with SEEN_MISSING a finding that does not say what was seen, and TEXT_TOO_LONG. */
export function checkWalk(walk: Walk): Outcome<Walk> {
  const texts = [walk.screen, walk.action, walk.expected, walk.seen];
  if (texts.some((text) => text.length > TEXT_LENGTH_MAX_CHARS)) {
    const message = `what a tester writes has at most ${TEXT_LENGTH_MAX_CHARS} characters`;
    return refused({ code: 'TEXT_TOO_LONG', message, remedy: 'say it shorter' });
  }
  if (walk.finding !== null && walk.seen.trim() === '') {
    const message = 'a finding says what was seen';
    return refused({ code: 'SEEN_MISSING', message, field: ['input', 'seen'], remedy: 'say what was to be seen' });
  }
  return granted(walk);
}

/** The finding on the source row; undefined where no data disagrees. Never what the tester wrote. */
export function findingOfWalk(walk: Walk, record: DrawnRecord): Finding | undefined {
  const category = walk.finding === null ? null : CATEGORY_OF[walk.finding];
  if (category === null) return undefined;
  const { itemId, type, key, position } = record;
  const name = isWholeItem(record) ? {} : { record: key, recordType: type };
  const note = `found by ${walk.role} in step ${walk.stepId} of script ${walk.scriptId}`;
  return finding({ origin: 'script', category, itemId, position, code: 'SCRIPT_STEP_FINDING', note, ...name });
}

export function isWholeItem({ type }: Pick<DrawnRecord, 'type'>): boolean {
  return type === 'item' || type === 'message';
}
