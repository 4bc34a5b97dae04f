/** Reads what a person wrote (YAML or JSON) against one of our schemas, and says everything that is wrong with it. */
import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import { isAlias, LineCounter, parseDocument, visit, type Document } from 'yaml';
import type { Json } from '../../../kernel/canonical-json.ts';
import { granted, refused, type Outcome } from '../../../kernel/refusal.ts';
import { type DocumentKind, refusalsOf } from './schema-refusals.ts';

const DOCUMENT_LENGTH_MAX_CHARS = 1024 * 1024;
const ALIASES_MAX = 100;
const DEPTH_MAX = 64;

const SCHEMA_FILES: Readonly<Record<DocumentKind, URL>> = {
  plan: new URL('../../../schema/plan.v1.json', import.meta.url),
  policy: new URL('../../../schema/policy.v1.json', import.meta.url),
};
// Ours, and a test holds them against theirs: compiling that too would double the work. Polishing what was compiled
// takes longer than a few documents save.
const OUR_SCHEMAS = { validateSchema: false, meta: false, code: { optimize: false } } as const;
const validators = new Map<DocumentKind, ValidateFunction>();

/**
 * Refuses with <KIND>_NOT_YAML what is not YAML, and then as checkDocument does. Never repeats the text. With `under`
 * the text is only that part of the document; the answer is a document that holds nothing else.
 */
export function readDocument(kind: DocumentKind, text: string, under: readonly string[] = []): Outcome<Json> {
  if (text.length > DOCUMENT_LENGTH_MAX_CHARS) {
    return notYaml(kind, `is longer than ${DOCUMENT_LENGTH_MAX_CHARS} characters`);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    return notYaml(kind, `cannot be read at line ${line}, column ${col} (${error.code.toLowerCase()})`);
  }
  if (isTooIntricate(document)) return notYaml(kind, `nests or repeats itself more than a ${kind} needs`);
  const value = (document.toJS({ maxAliasCount: ALIASES_MAX }) as Json | undefined) ?? {};
  return checkDocument(
    kind,
    under.reduceRight<Json>((inner, name) => ({ [name]: inner }), value),
  );
}

/** Refuses what does not fit schema/<kind>.v1.json: each refusal names the path, what was found and what is allowed. */
export function checkDocument(kind: DocumentKind, value: Json): Outcome<Json> {
  const validate = validatorOf(kind);
  return validate(value) ? granted(value) : refused(...refusalsOf(kind, validate.errors ?? []));
}

function validatorOf(kind: DocumentKind): ValidateFunction {
  const known = validators.get(kind);
  if (known !== undefined) return known;
  const schema = JSON.parse(readFileSync(SCHEMA_FILES[kind], 'utf8')) as object;
  const made = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true, ...OUR_SCHEMAS }).compile(schema);
  validators.set(kind, made);
  return made;
}

/** Whether reading it could take far more room than the text: aliases of aliases, or endless nesting. */
function isTooIntricate(document: Document): boolean {
  let aliases = 0;
  let isDeep = false;
  visit(document, (_, node, path) => {
    if (isAlias(node)) aliases += 1;
    isDeep ||= path.length > DEPTH_MAX;
    return isDeep ? visit.BREAK : undefined;
  });
  return isDeep || aliases > ALIASES_MAX;
}

function notYaml(kind: DocumentKind, why: string): Outcome<never> {
  return refused({
    code: `${kind.toUpperCase()}_NOT_YAML`,
    message: `the ${kind} ${why}`,
    remedy: `write the ${kind} as YAML or JSON; its shape is schema/${kind}.v1.json`,
  });
}
