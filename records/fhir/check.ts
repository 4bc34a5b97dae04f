/** Checks a resource against the elements table; the position of every problem is a JSON pointer. */
import type { Json } from '../../kernel/canonical-json.ts';
import type { Problem } from '../format.ts';
import { isArray, isObject, type JsonObject } from '../leaves.ts';
import { instantMs, parseIsoDate, precisionOf } from '../partial-date.ts';
import { type ElementRule, rulesOf } from './elements.ts';
import { positionOf, type FhirPosition } from './read.ts';

/** Where a value stands, and the value. */
interface Found {
  readonly pointer: string;
  readonly value: Json;
}

/** The problems of one resource; none for types that are not in the table. */
export function checkResource(resource: JsonObject, at: FhirPosition): readonly Problem[] {
  const type = typeof resource['resourceType'] === 'string' ? resource['resourceType'] : '';
  const problems: Problem[] = [];
  const record = recordKey(resource);
  for (const rule of rulesOf(type)) {
    checkRule(rule, resource, (code, pointer, message) => {
      const where = { category: 'schema-invalid', code, position: positionOf(at, pointer), message } as const;
      problems.push({ ...where, ...(record === undefined ? {} : { record }), field: rule.path });
    });
  }
  return problems;
}

/** `<Type>/<id>`, where it has an id. */
function recordKey(resource: JsonObject): string | undefined {
  const { resourceType, id } = resource;
  return typeof id === 'string' && id !== '' ? `${String(resourceType)}:${id}` : undefined;
}

type Report = (code: string, pointer: string, message: string) => void;

function checkRule(rule: ElementRule, resource: JsonObject, report: Report): void {
  const steps = rule.path.split('.');
  const last = steps.pop() ?? '';
  let parents: readonly Found[] = [{ pointer: '', value: resource }];
  for (const step of steps) parents = parents.flatMap((parent) => children(parent, step));
  for (const parent of parents) {
    const found = children(parent, last);
    if (rule.required === true && found.length === 0 && !isExplained(parent.value, last)) {
      report('REQUIRED_MISSING', `${parent.pointer}/${last}`, `${rule.path} is required and missing`);
    }
    for (const each of found) checkValue(rule, each, report);
  }
}

function children(parent: Found, step: string): readonly Found[] {
  if (!isObject(parent.value)) return [];
  const object = parent.value;
  const names = step.endsWith('[x]') ? choices(object, step.slice(0, -3)) : [step];
  return names.flatMap((name) => {
    const value = object[name];
    const pointer = `${parent.pointer}/${name}`;
    if (value === undefined || value === null || value === '') return [];
    if (!isArray(value)) return isObject(value) && Object.keys(value).length === 0 ? [] : [{ pointer, value }];
    return value.flatMap((each, index) => (each === null ? [] : [{ pointer: `${pointer}/${index}`, value: each }]));
  });
}

function choices(object: JsonObject, stem: string): readonly string[] {
  return Object.keys(object).filter((name) => name.startsWith(stem) && /^[A-Z]/.test(name.slice(stem.length)));
}

/** A primitive may be absent with its reason in the extension beside it. */
function isExplained(parent: Json, element: string): boolean {
  return isObject(parent) && isObject(parent[`_${element}`]);
}

function checkValue(rule: ElementRule, found: Found, report: Report): void {
  if (rule.codes !== undefined) checkCodes(rule.codes, found, report);
  if (rule.date !== undefined && !isDate(found.value, rule.date)) {
    report('DATE_INVALID', found.pointer, `not a FHIR ${rule.date}`);
  }
}

function checkCodes(codes: readonly string[], { pointer, value }: Found, report: Report): void {
  const refuse = (where: string) => report('CODE_INVALID', where, `not one of ${codes.join(', ')}`);
  if (typeof value === 'string') {
    if (!codes.includes(value)) refuse(pointer);
  } else if (isObject(value) && isArray(value['coding'])) {
    for (const [index, coding] of value['coding'].entries()) {
      if (!isObject(coding) || coding['code'] === undefined) continue;
      if (typeof coding['code'] !== 'string' || !codes.includes(coding['code'])) {
        refuse(`${pointer}/coding/${index}/code`);
      }
    }
  } else if (!isObject(value)) refuse(pointer);
}

const SHAPES = {
  date: /^\d{4}(-\d\d(-\d\d)?)?$/,
  dateTime: /^\d{4}(-\d\d(-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?)?)?$/,
  instant: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
};

function isDate(value: Json, shape: keyof typeof SHAPES): boolean {
  if (typeof value !== 'string' || !SHAPES[shape].test(value)) return false;
  const date = parseIsoDate(value);
  return date !== undefined && (precisionOf(date) !== 'time' || instantMs(date) !== undefined);
}
