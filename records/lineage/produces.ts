/** What a rule can produce, held against the FHIR R4 type of the element it fills. */
import { elementNames, isKindOf, isPrimitive } from '../fhir/r4.ts';
import type { Rule } from './rule.ts';

/** Rules that write a value; `each` makes elements, shapes are in place, `refuse` writes nothing. */
export type WritingRule = Exclude<Rule, { do: 'each' | 'shape' | 'refuse' }>;

const NUMBERS: readonly string[] = ['decimal', 'integer', 'positiveInt', 'unsignedInt'];
const WHOLE: readonly string[] = NUMBERS.slice(1);
/** Types that take any text. */
const FREE: readonly string[] = ['string', 'markdown'];
const DATES: Readonly<Record<string, readonly string[]>> = {
  date: ['date', 'dateTime', ...FREE],
  dateTime: ['dateTime', ...FREE],
  instant: ['instant', 'dateTime', ...FREE],
};

/** Whether the value of a rule can stand in an element of a type. */
export function canProduce(rule: WritingRule, type: string): boolean {
  switch (rule.do) {
    case 'jsonata':
      return true;
    case 'constant':
      return isConstantOf(rule.value, type);
    case 'date':
      return (DATES[rule.as] ?? FREE).includes(type);
    case 'number':
      return NUMBERS.includes(type) && (type === 'decimal' || rule.whole === true);
    case 'unit':
      return type === 'decimal';
    case 'boolean':
      return type === 'boolean';
    case 'quantity':
      return isKindOf(type, 'Quantity');
    case 'reference':
      return type === 'Reference';
    case 'base64':
      return type === 'base64Binary';
    default:
      return isTextual(type);
  }
}

/** Whether a rule writes a list where it is told to write one value. */
export function producesList(rule: WritingRule): boolean {
  return rule.do === 'split' && rule.part === undefined;
}

function isTextual(type: string): boolean {
  return isPrimitive(type) && type !== 'boolean' && !NUMBERS.includes(type);
}

function isConstantOf(value: string | number | boolean, type: string): boolean {
  if (typeof value === 'boolean') return type === 'boolean';
  if (typeof value === 'string') return isTextual(type);
  const least = { integer: -Infinity, unsignedInt: 0, positiveInt: 1 }[type];
  return type === 'decimal' || (least !== undefined && Number.isSafeInteger(value) && value >= least);
}

const NAMES_SHOWN = 5;

/** How an element of a type is filled. */
export function remedyFor(type: string): string {
  if (type === 'boolean') return 'write do: boolean';
  if (type === 'decimal') return 'write do: number';
  if (WHOLE.includes(type)) return 'write do: number with whole: true';
  if (type in DATES) return `write do: date with as: ${type}`;
  if (type === 'base64Binary') return 'write do: base64';
  if (type === 'Reference') return 'write do: reference';
  if (isPrimitive(type)) return 'write a rule that makes a text: trim, code, template';
  const names = elementNames(type).filter((name) => !['id', 'extension', 'modifierExtension'].includes(name));
  const more = names.length > NAMES_SHOWN ? ', ...' : '';
  return `write to one of its elements: ${names.slice(0, NAMES_SHOWN).join(', ')}${more}`;
}
