/** The paths of the lineage language, parsed once: source fields, target elements, templates. */
import type { FieldPath } from '../hl7v2/message.ts';

export interface Hl7Path extends FieldPath {
  readonly segment: string;
}

const HL7_PATH = /^([A-Z][A-Z0-9]{2})-(\d{1,3})(?:\[(\d{1,3})\])?(?:\.(\d{1,2})(?:\.(\d{1,2}))?)?$/;

/** `SEG-field[repetition].component.subcomponent`, all from 1; undefined where it is something else. */
export function parseHl7Path(text: string): Hl7Path | undefined {
  const match = HL7_PATH.exec(text);
  if (match === null) return undefined;
  const [, segment = '', field, repetition, component, subcomponent] = match;
  const numbers = [field, repetition, component, subcomponent].map((each) => (each === undefined ? 1 : Number(each)));
  if (numbers.includes(0)) return undefined;
  return {
    segment,
    field: Number(field),
    ...(repetition === undefined ? {} : { repetition: Number(repetition) }),
    ...(component === undefined ? {} : { component: Number(component) }),
    ...(subcomponent === undefined ? {} : { subcomponent: Number(subcomponent) }),
  };
}

const ORDINAL = /^([A-Z][A-Z0-9]{2}|row)\.n$/;

/** `OBX.n` or `row.n`: which of its group it is, from 1; undefined where the text is something else. */
export function parseOrdinal(text: string): string | undefined {
  return ORDINAL.exec(text)?.[1];
}

/** `OBR/OBX`: segment ids, outermost first; undefined where the text is something else. */
export function parseGroups(text: string): readonly string[] | undefined {
  return /^[A-Z][A-Z0-9]{2}(?:\/[A-Z][A-Z0-9]{2})*$/.test(text) ? text.split('/') : undefined;
}

/** Names and list positions of a target path, from the resource down. */
export function parseTarget(text: string): readonly (string | number)[] {
  return text.split('.').flatMap((step) => {
    const [name = '', position] = step.split('[');
    return position === undefined ? [name] : [name, Number.parseInt(position, 10)];
  });
}

/** The path without list positions: `name.family`. */
export function withoutPositions(path: string): string {
  return path.includes('[') ? path.replaceAll(/\[\d+\]/g, '') : path;
}

export type TemplatePart = { readonly text: string } | { readonly path: string };

/** Literal text and the paths in braces; undefined where a brace is left open or stands alone. */
export function parseTemplate(template: string): readonly TemplatePart[] | undefined {
  const parts: TemplatePart[] = [];
  let from = 0;
  for (const match of template.matchAll(/\{([^{}]+)\}/g)) {
    if (match.index > from) parts.push({ text: template.slice(from, match.index) });
    parts.push({ path: match[1] ?? '' });
    from = match.index + match[0].length;
  }
  if (from < template.length) parts.push({ text: template.slice(from) });
  return parts.some((part) => 'text' in part && /[{}]/.test(part.text)) ? undefined : parts;
}
