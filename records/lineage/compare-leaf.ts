/** Two values of one field: equal in meaning, or which kind of difference. */
import { type Json, NumberLiteral, numberOf } from '../../kernel/canonical-json.ts';
import { instantMs, parseIsoDate, precisionOf, wallClockMs, type PartialDate } from '../partial-date.ts';
import type { LineageMap } from './language.ts';
import type { Difference } from './lineage.ts';
import { withoutPositions } from './path.ts';
import type { Rule } from './rule.ts';

/** A field by its path without list positions, and the paths the lineage fills with translated codes. */
export interface LeafNature {
  readonly path: string;
  /** Names do not tell which fields hold dates: what reads as one on both sides is one. */
  readonly isUntyped?: boolean | undefined;
  readonly codes: ReadonlySet<string>;
}

type Found = Pick<Difference, 'category' | 'note'>;

/** Undefined where the values mean the same. */
export function compareLeaf(
  nature: LeafNature,
  expected: string | number | boolean | NumberLiteral,
  actual: Json,
): Found | undefined {
  if (expected === actual) return undefined;
  if (isNumber(expected) && isNumber(actual)) return compareNumbers(expected, actual);
  if (typeof actual === 'object' || typeof expected !== typeof actual) {
    return { category: 'value-mismatch', note: 'another type' };
  }
  if (typeof expected !== 'string' || typeof actual !== 'string')
    return { category: 'value-mismatch', note: 'differs' };
  const dates = nature.isUntyped === true || isDateField(nature.path) ? compareDates(expected, actual) : undefined;
  if (dates !== undefined) return dates === 'same' ? undefined : dates;
  if (isCodeField(nature)) return { category: 'code-translation-mismatch', note: 'another code' };
  if (nature.isUntyped === true && isSameDecimal(expected, actual))
    return compareNumbers(numberOf(expected), numberOf(actual));
  return compareTexts(expected, actual);
}

function isNumber(value: Json): value is number | NumberLiteral {
  return typeof value === 'number' || value instanceof NumberLiteral;
}

/** FHIR keeps the precision of a decimal: the same value in other digits says something else of how it was measured. */
function compareNumbers(expected: number | NumberLiteral, actual: number | NumberLiteral): Found | undefined {
  if (String(expected) === String(actual)) return undefined;
  if (Number(expected) !== Number(actual)) return { category: 'value-mismatch', note: 'differs' };
  const [from, to] = [decimalsOf(expected), decimalsOf(actual)];
  return { category: 'precision-loss', note: `${to} decimals instead of ${from}` };
}

const DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;

/** Of rows nothing says which columns are numbers: 1.50 that comes back as 1.5 lost its precision, not its end. */
function isSameDecimal(expected: string, actual: string): boolean {
  return DECIMAL.test(expected) && DECIMAL.test(actual) && Number(expected) === Number(actual);
}

function decimalsOf(value: number | NumberLiteral): number {
  return /\.(\d+)/.exec(String(value))?.[1]?.length ?? 0;
}

function compareTexts(expected: string, actual: string): Found {
  if (actual.length < expected.length && expected.startsWith(actual)) {
    return { category: 'truncation', note: `${actual.length} of ${expected.length} characters` };
  }
  const stripped = /^0+(?=.)/;
  if (expected.replace(stripped, '') === actual.replace(stripped, '')) {
    return { category: 'value-mismatch', note: 'leading zeros' };
  }
  const isCase = expected.toLowerCase() === actual.toLowerCase();
  return { category: 'value-mismatch', note: isCase ? 'letter case' : 'differs' };
}

const DATE_NAME =
  /(?:^date|Date|DateTime|^time|Time|Instant|On|^start|^end|^issued|^recorded|^sent|^received|^created)$/;

function isDateField(path: string): boolean {
  return DATE_NAME.test(path.slice(path.lastIndexOf('.') + 1));
}

/** The widest distance between two zones; a day of it is a date that went through midnight. */
const SHIFT_HOURS_MAX = 26;
const HOUR_MS = 3_600_000;

/** Undefined where one of them is no date. */
function compareDates(expected: string, actual: string): Found | 'same' | undefined {
  const [left, right] = [parseIsoDate(expected), parseIsoDate(actual)];
  if (left === undefined || right === undefined) return undefined;
  if (precisionOf(left) !== precisionOf(right)) {
    return { category: 'value-mismatch', note: `precision ${precisionOf(right)} instead of ${precisionOf(left)}` };
  }
  const [from, to] = [instantMs(left), instantMs(right)];
  if (from === undefined || to === undefined) return compareLocal(left, right);
  if (from === to) return 'same';
  const hours = (to - from) / HOUR_MS;
  const isShort = Math.abs(hours) <= SHIFT_HOURS_MAX && precisionOf(left) !== 'year' && precisionOf(left) !== 'month';
  const isSameWallClock = left.hour !== undefined && wallClockMs(left) === wallClockMs(right);
  if (isSameWallClock || (isShort && Number.isInteger(hours))) {
    return { category: 'timestamp-shift', note: `${hours > 0 ? '+' : '-'}${Math.abs(hours)} h` };
  }
  return { category: 'value-mismatch', note: 'differs' };
}

/** At least one of them does not say where its clock stood. */
function compareLocal(left: PartialDate, right: PartialDate): Found | 'same' {
  if (wallClockMs(left) !== wallClockMs(right)) return { category: 'value-mismatch', note: 'differs' };
  if (left.offsetMinutes === right.offsetMinutes) return 'same';
  return { category: 'timestamp-shift', note: right.offsetMinutes === undefined ? 'zone lost' : 'zone added' };
}

/** Elements whose values are codes wherever they stand. */
const CODE_NAMES: readonly string[] = [
  'code',
  'system',
  'status',
  'gender',
  'intent',
  'criticality',
  'severity',
  'use',
];
const CODE_FIELDS: readonly string[] = ['docStatus', 'type', 'category', 'priority', 'comparator', 'reaction.severity'];

function isCodeField({ path, codes }: LeafNature): boolean {
  if (codes.has(path)) return true;
  if (path === 'identifier.system' || path.endsWith('.identifier.system')) return false;
  return CODE_FIELDS.includes(path) || CODE_NAMES.includes(path.slice(path.lastIndexOf('.') + 1));
}

/** By resource type, the paths a lineage fills from code maps. */
export function codeFieldsOf(map: LineageMap): ReadonlyMap<string, ReadonlySet<string>> {
  const fields = new Map<string, Set<string>>();
  for (const record of map.records ?? []) {
    const known = fields.get(record.type) ?? new Set<string>();
    for (const path of record.rules.flatMap((rule) => codePaths(rule, ''))) known.add(path);
    fields.set(record.type, known);
  }
  return fields;
}

function codePaths(rule: Rule, above: string): readonly string[] {
  if (rule.do === 'each')
    return rule.rules.flatMap((inner) => codePaths(inner, `${above}${withoutPositions(rule.to)}.`));
  return rule.do === 'code' && rule.part !== 'display' ? [above + withoutPositions(rule.to)] : [];
}
