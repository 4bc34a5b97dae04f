/** The paths of the lineage language, parsed once: source fields, target elements, templates. */
import type { FieldPath } from '../hl7v2/message.ts';
import { SELF } from './draft.ts';

export interface Hl7Path extends FieldPath {
  readonly segment: string;
  /** The segment with its predicates: what is looked up. */
  readonly name: string;
  /** Which of several segments is meant. */
  readonly where?: readonly Hl7Predicate[] | undefined;
}

/** A field has one of these values, or, without values, the one it has in the segment of this kind one is at. */
export interface Hl7Predicate {
  readonly path: FieldPath;
  readonly values?: readonly string[] | undefined;
}

const HL7_PATH = /^([A-Z][A-Z0-9]{2})((?:\[[^\]{}]+\])*)-(\d{1,3})(?:\[(\d{1,3})\])?(?:\.(\d{1,2})(?:\.(\d{1,2}))?)?$/;
const HL7_PREDICATE = /\[(\d{1,3}(?:\.\d{1,2}){0,2})(?:=('[^']*'(?:\|'[^']*')*))?\]/g;

/** `SEG[3.1='a'|'b'][4]-field[repetition].component.subcomponent`, all from 1; undefined where it is something else. */
export function parseHl7Path(text: string): Hl7Path | undefined {
  const match = HL7_PATH.exec(text);
  if (match === null) return undefined;
  const [, segment = '', predicates = '', field, repetition, component, subcomponent] = match;
  const numbers = [field, repetition, component, subcomponent].map((each) => (each === undefined ? 1 : Number(each)));
  const where = parsePredicates(predicates);
  if (numbers.includes(0) || where === undefined) return undefined;
  return {
    segment,
    name: segment + predicates,
    ...(where.length === 0 ? {} : { where }),
    field: Number(field),
    ...(repetition === undefined ? {} : { repetition: Number(repetition) }),
    ...(component === undefined ? {} : { component: Number(component) }),
    ...(subcomponent === undefined ? {} : { subcomponent: Number(subcomponent) }),
  };
}

/** Undefined where a bracket holds something else. */
function parsePredicates(text: string): readonly Hl7Predicate[] | undefined {
  const matches = [...text.matchAll(HL7_PREDICATE)];
  if (matches.map(([whole]) => whole).join('') !== text) return undefined;
  return matches.map(([, place = '', values]) => {
    const [field = 1, component, subcomponent] = place.split('.').map(Number);
    const path = { field, component, subcomponent };
    return values === undefined ? { path } : { path, values: values.slice(1, -1).split("'|'") };
  });
}

const ORDINAL = /^([A-Z][A-Z0-9]{2}|row|node)\.n$/;

/** `OBX.n`, `row.n` or `node.n`: which of its group it is, from 1; undefined where the text is something else. */
export function parseOrdinal(text: string): string | undefined {
  return ORDINAL.exec(text)?.[1];
}

export interface Groups {
  /** Segment ids, outermost first. */
  readonly ids: readonly string[];
  /** The field of the last one whose repetitions are meant. */
  readonly field?: number | undefined;
}

/** `OBR/OBX` or `OBR/OBX-16`; undefined where the text is something else. */
export function parseGroups(text: string): Groups | undefined {
  const match = /^([A-Z][A-Z0-9]{2}(?:\/[A-Z][A-Z0-9]{2})*)(?:-([1-9]\d{0,2}))?$/.exec(text);
  if (match === null) return undefined;
  const [, ids = '', field] = match;
  return { ids: ids.split('/'), ...(field === undefined ? {} : { field: Number(field) }) };
}

/** Names and list positions of a target path, from the resource down; `.` is the element under construction itself. */
export function parseTarget(text: string): readonly (string | number)[] {
  if (text === '.') return [SELF];
  return text.split('.').flatMap((step) => {
    const [name = '', position] = step.split('[');
    return position === undefined ? [name] : [name, Number.parseInt(position, 10)];
  });
}

/** The path without list positions: `name.family`. */
export function withoutPositions(path: string): string {
  return path.includes('[') ? path.replaceAll(/\[\d+\]/g, '') : path;
}

export type TemplatePart = { readonly text: string } | { readonly path: string; readonly optional?: true };

/** Literal text and paths in braces, of which `{PID-5.3?}` may have no value; undefined where a brace is not closed. */
export function parseTemplate(template: string): readonly TemplatePart[] | undefined {
  const parts: TemplatePart[] = [];
  let from = 0;
  for (const match of template.matchAll(/\{([^{}]+)\}/g)) {
    if (match.index > from) parts.push({ text: template.slice(from, match.index) });
    const path = match[1] ?? '';
    parts.push(path.endsWith('?') ? { path: path.slice(0, -1), optional: true } : { path });
    from = match.index + match[0].length;
  }
  if (from < template.length) parts.push({ text: template.slice(from) });
  return parts.some((part) => 'text' in part && /[{}]/.test(part.text)) ? undefined : parts;
}
