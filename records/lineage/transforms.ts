/** What is done to a value on its way: one function for each transform, chosen once. */
import { brokenPromise } from '../../kernel/fault.ts';
import { compileDocument } from '../code-set/translate.ts';
import { compileCodeMap } from './code-map.ts';
import { minutesLater, readDate, type ReadDate } from './date.ts';
import type { Draft, DraftValue } from './draft.ts';
import type { CodeMapReference, LineageMap } from './language.ts';
import type { Base64Rule, BooleanRule, CodeRule, DateRule, QuantityRule, SplitRule, UnitRule } from './rule.ts';
import { readNumber, readQuantity, readWhole } from './scalar.ts';
import type { Source, Trouble } from './source.ts';
import { convertUnit } from './unit.ts';

/** `path` is where the text came from; what cannot be transformed is a trouble there, and gives undefined. */
export type Transform<Scope> = (text: string, scope: Scope, trouble: Trouble, path: string) => DraftValue | undefined;

const INVALID = 'schema-invalid';

function complaint(trouble: Trouble, path: string): (code: string, why: string) => void {
  return (code, why) => trouble(INVALID, code, why, path);
}

export function split<Scope>({ at, part }: SplitRule): Transform<Scope> {
  return (text) => {
    const parts = text
      .split(at)
      .map((each) => each.trim())
      .filter((each) => each !== '');
    if (part !== undefined) return parts[part - 1];
    return parts.length === 0 ? undefined : parts;
  };
}

export function number<Scope>(whole: boolean): Transform<Scope> {
  const read = whole ? readWhole : readNumber;
  return (text, _scope, trouble, path) => read(text, complaint(trouble, path));
}

export function boolean<Scope>({ yes, no }: BooleanRule): Transform<Scope> {
  return (text, _scope, trouble, path) => {
    const word = text.trim();
    if (yes.includes(word)) return true;
    if (no.includes(word)) return false;
    trouble(INVALID, 'BOOLEAN_INVALID', 'neither one of the words for yes nor one for no', path);
    return undefined;
  };
}

export function quantity<Scope>(rule: QuantityRule, source: Source<Scope>): Transform<Scope> {
  const unit = rule.unit === undefined ? undefined : source.value({ path: rule.unit });
  return (text, scope, trouble, path) => {
    const read = readQuantity(text, complaint(trouble, path));
    const named = read === undefined ? undefined : unit?.(scope, trouble)?.trim();
    return read === undefined || named === undefined || named === '' ? read : { ...read, unit: named };
  };
}

export function unit<Scope>(rule: UnitRule, source: Source<Scope>): Transform<Scope> {
  const unitOf = source.value({ path: rule.unit });
  return (text, scope, trouble, path) => {
    const given = unitOf(scope, trouble)?.trim() ?? '';
    const converted = convertUnit(text.trim(), given, rule.into);
    if ('value' in converted) return converted.value;
    trouble(INVALID, converted.code, converted.why, path);
    return undefined;
  };
}

export function code<Scope>(rule: CodeRule, map: LineageMap): Transform<Scope> {
  const codes = map.codeMaps?.[rule.map] ?? { from: '', to: '', codes: {} };
  if ('document' in codes) return documentCode(rule, codes);
  const translate = compileCodeMap(codes);
  const part = rule.part ?? 'code';
  return (text, _scope, trouble, path) => {
    const found = translate(text.trim());
    if (found !== undefined) return part === 'system' ? (found.system ?? codes.to) : found[part];
    const why = `a code that the code map ${rule.map} does not have`;
    trouble('code-translation-mismatch', 'CODE_UNMAPPED', why, path);
    return undefined;
  };
}

const UNTRANSLATED = {
  unmapped: { code: 'CODE_UNMAPPED', why: 'does not have it' },
  'no-map': { code: 'CODE_NO_MAP', why: 'says that nothing stands for it' },
  ambiguous: { code: 'CODE_AMBIGUOUS', why: 'has several answers, and the map does not say which is meant' },
  inexact: { code: 'CODE_TOO_APPROXIMATE', why: 'has only an approximate answer, and the map does not take one' },
} as const;

function documentCode<Scope>(rule: CodeRule, reference: CodeMapReference): Transform<Scope> {
  const { content, choose, choices, minimum = 'exact', onNoMap } = reference;
  if (content === undefined) throw brokenPromise('the documents of a map are read before it is compiled');
  const translate = compileDocument(content, { choose, choices, minimum });
  const part = rule.part ?? 'code';
  return (text, _scope, trouble, path) => {
    const found = translate(text.trim());
    if (found.kind === 'found') return found[part];
    if (found.kind === 'nothing' || (found.kind === 'no-map' && onNoMap === 'nothing')) return undefined;
    const { code: problem, why } = UNTRANSLATED[found.kind];
    trouble('code-translation-mismatch', problem, `a code: the code map ${rule.map} ${why}`, path);
    return undefined;
  };
}

export function date<Scope>(
  rule: DateRule,
  source: Source<Scope>,
  zoneOf: (scope: Scope) => string | undefined,
): Transform<Scope> {
  const { shapes, as } = rule;
  const minutesOf = rule.plusMinutes === undefined ? undefined : source.value({ path: rule.plusMinutes });
  // Records of one item often share a time: that of the order, of the visit.
  let last: { readonly text: string; readonly zone: string | undefined; readonly read: ReadDate } | undefined;
  return (text, scope, trouble, path) => {
    const zone = rule.zone ?? zoneOf(scope);
    if (last?.text !== text || last.zone !== zone)
      last = { text, zone, read: readDate(text.trim(), { shapes, as, zone }) };
    let { read } = last;
    if ('value' in read && minutesOf !== undefined) read = minutesLater(read.value, minutesOf(scope, trouble) ?? '');
    if ('value' in read) return read.value;
    trouble(INVALID, read.code, read.why, path);
    return undefined;
  };
}

/** HL7 table 0299, and the word C-CDA uses. */
type Encoding = 'base64' | 'hex' | 'text';
const ENCODINGS: Readonly<Record<string, Encoding>> = {
  base64: 'base64',
  b64: 'base64',
  hex: 'hex',
  a: 'text',
  txt: 'text',
  tx: 'text',
  ft: 'text',
  st: 'text',
};

export function base64<Scope>(rule: Base64Rule, source: Source<Scope>): Transform<Scope> {
  const encodingOf = rule.encoding === undefined ? undefined : source.value({ path: rule.encoding });
  return (text, scope, trouble, path) => {
    const named = encodingOf?.(scope, trouble)?.trim().toLowerCase();
    const encoding = ENCODINGS[named ?? 'base64'];
    const data = encoding === undefined ? undefined : encode(text, encoding);
    if (data === undefined) trouble(INVALID, 'ATTACHMENT_INVALID', 'the data is not encoded as it says', path);
    return data;
  };
}

function encode(text: string, encoding: Encoding): string | undefined {
  if (encoding === 'text') return Buffer.from(text, 'utf8').toString('base64');
  const digits = text.replaceAll(/\s/g, '');
  if (encoding === 'hex') {
    const isHex = digits.length % 2 === 0 && /^[0-9A-Fa-f]*$/.test(digits);
    return isHex ? Buffer.from(digits, 'hex').toString('base64') : undefined;
  }
  return digits.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(digits) ? digits : undefined;
}

/** A reference that names its target by source key; no target id is needed to write it. */
export function logicalReference(type: string, key: string, system: string, display?: string): Draft {
  const reference: Draft = { identifier: { system, value: key }, type };
  return display === undefined ? reference : { ...reference, display };
}
