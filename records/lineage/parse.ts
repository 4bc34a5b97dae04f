/** Reads a lineage map from YAML or JSON and says what is wrong with one, by path. */
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { granted, refused, type Outcome, type Refusal } from '../../kernel/refusal.ts';
import { checkLineage } from './check.ts';
import { TRANSFORMS, type LineageMap } from './language.ts';
import { lineageMapSchema } from './schema.ts';

/** A map is written by people; more than this is something else. */
const TEXT_CHARACTERS_MAX = 4 * 1024 * 1024;

/** Refuses with LINEAGE_INVALID, one refusal for each thing wrong, naming its path and what is allowed. */
export function parseLineage(text: string): Outcome<LineageMap> {
  const read = readYaml(text);
  if (!read.ok) return read;
  const shaped = lineageMapSchema.safeParse(read.value);
  if (!shaped.success) return refused(...shaped.error.issues.flatMap(refusalsOf));
  const wrong = checkLineage(shaped.data);
  return wrong.length === 0 ? granted(shaped.data) : refused(...wrong);
}

function readYaml(text: string): Outcome<unknown> {
  if (text.length > TEXT_CHARACTERS_MAX) {
    return refused(invalid([], `longer than ${TEXT_CHARACTERS_MAX} characters`, 'divide the map'));
  }
  const document = parseDocument(text, { uniqueKeys: true, stringKeys: true, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    const line = text.slice(0, error.pos[0]).split('\n').length;
    return refused(invalid([], `line ${line} is neither YAML nor JSON: ${error.code}`, 'correct the line'));
  }
  try {
    return granted(document.toJS({ maxAliasCount: 0 }) as unknown);
  } catch {
    return refused(invalid([], 'the map uses YAML aliases', 'write every value where it belongs'));
  }
}

function refusalsOf(issue: z.core.$ZodIssue): readonly Refusal[] {
  const path = issue.path.map(String);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => invalid([...path, key], 'is no word of the language', 'remove it'));
    case 'invalid_value':
      return [invalid(path, 'has a value that is not allowed', `allowed: ${issue.values.map(String).join(', ')}`)];
    case 'invalid_union':
      return [unionRefusal(issue, path)];
    case 'invalid_type':
      return [invalid(path, 'is missing or of the wrong type', `write ${article(issue.expected)}`)];
    case 'invalid_format':
      return [invalid(path, 'is not written as it should be', `allowed: ${String(issue.pattern ?? issue.format)}`)];
    default:
      return [invalid(path, 'is not as it should be', issue.message)];
  }
}

function unionRefusal(issue: z.core.$ZodIssueInvalidUnion, path: readonly string[]): Refusal {
  if (path.at(-1) === 'do') return invalid(path, 'is no transform', `allowed: ${TRANSFORMS.join(', ')}`);
  const details = issue.errors.flat().map((each) => each.message);
  return invalid(path, 'has none of the shapes allowed here', details.join('; ') || 'see schema/lineage.v1.json');
}

function article(type: string): string {
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

function invalid(field: readonly string[], what: string, remedy: string): Refusal {
  const place = field.length === 0 ? 'the map' : field.join('.');
  return { code: 'LINEAGE_INVALID', message: `${place} ${what}`, field, remedy };
}
