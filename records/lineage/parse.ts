/** Reads a lineage map from YAML or JSON and says what is wrong with one, by path. */
import { parseDocument, stringify, type Document } from 'yaml';
import type { z } from 'zod';
import { granted, refused, type Outcome, type Refusal } from '../../kernel/refusal.ts';
import { checkLineage, checkTargets } from './check.ts';
import { documentProblems, isPinned, pinDocuments, type HandedCodeMap } from './code-documents.ts';
import type { LineageMap } from './language.ts';
import { withLibraries, type Libraries } from './libraries.ts';
import { lineOf } from './lines.ts';
import { TRANSFORMS } from './rule.ts';
import { lineageMapSchema } from './schema.ts';

/** A map is written by people; more than this is something else. */
export const LINEAGE_CHARACTERS_MAX = 4 * 1024 * 1024;

/**
 * Refuses with LINEAGE_INVALID, one refusal for each thing wrong, naming its line, its path and what is allowed. The
 * map stands for itself: what it `uses` of `libraries` is in it.
 */
export function parseLineage(text: string, libraries: Libraries = new Map()): Outcome<LineageMap> {
  return understand(text, libraries, checkLineage);
}

/**
 * As parseLineage, of a map that somebody hands in: it must also fill what its target has, with what that can hold, and
 * the documents it names must have been handed in with it (CODE_MAP_MISSING, CODE_MAP_CHANGED).
 */
export function acceptLineage(
  text: string,
  libraries: Libraries = new Map(),
  handed: readonly HandedCodeMap[] = [],
): Outcome<LineageMap> {
  return understand(text, libraries, (map) => {
    const wrong = checkLineage(map);
    return wrong.length > 0 ? wrong : [...checkTargets(map), ...documentProblems(map, handed)];
  });
}

function understand(
  text: string,
  libraries: Libraries,
  check: (map: LineageMap) => readonly Refusal[],
): Outcome<LineageMap> {
  const read = readYaml(text);
  if (!read.ok) return read;
  const { value, document } = read.value;
  const whole = withLibraries(value, libraries);
  if (!whole.ok) return refused(...whole.refusals.map((refusal) => withLine(refusal, document, text)));
  const shaped = lineageMapSchema.safeParse(whole.value);
  const wrong = shaped.success ? check(shaped.data) : shaped.error.issues.flatMap(refusalsOf);
  if (shaped.success && wrong.length === 0) return granted(shaped.data);
  return refused(...wrong.map((refusal) => withLine(refusal, document, text)));
}

/**
 * The text of a map that stands for itself, fit to be sealed: documents are named by their digests. The text as it is
 * where it uses no library, and names every document so already.
 */
export function flattenLineage(
  text: string,
  libraries: Libraries,
  handed: readonly HandedCodeMap[] = [],
): Outcome<string> {
  const parsed = acceptLineage(text, libraries, handed);
  if (!parsed.ok) return parsed;
  const standsForItself = !/^\s*"?uses"?\s*:/m.test(text) && isPinned(parsed.value);
  if (standsForItself) return granted(text);
  return granted(stringify(pinDocuments(parsed.value, handed), { aliasDuplicateObjects: false }));
}

interface ReadYaml {
  readonly value: unknown;
  readonly document: Document;
}

/** The refusal with the line of the text it is about, where the text has a line for it. */
function withLine(refusal: Refusal, document: Document, text: string): Refusal {
  const line = lineOf(document, text, refusal.field ?? []);
  return line === undefined ? refusal : { ...refusal, message: `line ${line}: ${refusal.message}` };
}

function readYaml(text: string): Outcome<ReadYaml> {
  if (text.length > LINEAGE_CHARACTERS_MAX) {
    return refused(invalid([], `longer than ${LINEAGE_CHARACTERS_MAX} characters`, 'divide the map'));
  }
  const document = parseDocument(text, { uniqueKeys: true, stringKeys: true, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    const line = text.slice(0, error.pos[0]).split('\n').length;
    return refused(invalid([], `is neither YAML nor JSON at line ${line}: ${error.code}`, 'correct the line'));
  }
  try {
    return granted({ value: document.toJS({ maxAliasCount: 0 }) as unknown, document });
  } catch {
    return refused(invalid([], 'uses YAML aliases', 'write every value where it belongs'));
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
      return unionRefusals(issue, path);
    case 'invalid_type':
      return [invalid(path, 'is missing or of the wrong type', `write ${article(issue.expected)}`)];
    case 'invalid_format':
      return [invalid(path, 'is not written as it should be', `allowed: ${String(issue.pattern ?? issue.format)}`)];
    default:
      return [invalid(path, 'is not as it should be', issue.message)];
  }
}

/** What is wrong with the alternative that was most nearly met. */
function unionRefusals(issue: z.core.$ZodIssueInvalidUnion, path: readonly string[]): readonly Refusal[] {
  const [nearest, next] = issue.errors
    .filter((issues) => issues.every((each) => each.path.length > 0 || each.code === 'unrecognized_keys'))
    .sort((left, right) => left.length - right.length);
  if (nearest === undefined || nearest.length === next?.length) return [unionRefusal(issue, path)];
  return nearest.flatMap((each) => refusalsOf({ ...each, path: [...path, ...each.path] }));
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
