/** From what a JSON Schema validator found to refusals a person can act on. Values that may be secret are not shown. */
import type { ErrorObject } from 'ajv';
import type { Refusal } from '../../../kernel/refusal.ts';
import { nearestWord } from '../../../records/spelling.ts';

/** What people write that has a schema of ours. */
export type DocumentKind = 'plan' | 'policy';

type Schema = {
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
};

const REFUSALS_MAX = 50;
const SHOWN_LENGTH_MAX_CHARS = 40;
const WORDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  null: 'nothing',
};

export function refusalsOf(kind: DocumentKind, errors: readonly ErrorObject[]): readonly Refusal[] {
  // Why each way of an anyOf failed says less than the anyOf itself.
  const choices = errors.filter(({ keyword }) => keyword === 'anyOf').map(({ schemaPath }) => `${schemaPath}/`);
  return errors
    .filter(({ schemaPath }) => !choices.some((choice) => schemaPath.startsWith(choice)))
    .slice(0, REFUSALS_MAX)
    .map((error) => refusalOf(kind, error));
}

function refusalOf(kind: DocumentKind, error: ErrorObject): Refusal {
  const path = pathOf(error.instancePath);
  const parent = (error.parentSchema ?? {}) as Schema;
  const prefix = kind.toUpperCase();
  switch (error.keyword) {
    case 'required':
      return missing(`${prefix}_FIELD_MISSING`, [...path, String(error.params['missingProperty'])], parent);
    case 'additionalProperties':
      return unknown(`${prefix}_FIELD_UNKNOWN`, path, String(error.params['additionalProperty']), parent, kind);
    case 'enum':
      return notAllowed(`${prefix}_VALUE_NOT_ALLOWED`, path, error.data, parent.enum ?? [], kind);
    case 'type': {
      const message = `${nameOf(path, kind)} is ${kindOf(error.data)}; ${typesOf(parent)} is expected`;
      return { code: `${prefix}_TYPE_WRONG`, message, field: path, remedy: ruleOf(parent, 'write what is expected') };
    }
    default: {
      // A pattern says to people what its description says in words.
      const rule = error.keyword === 'pattern' ? (parent.description ?? 'another form') : (error.message ?? '');
      const message = `${nameOf(path, kind)} is ${kindOf(error.data)} that is not allowed; allowed: ${rule}`;
      return { code: `${prefix}_VALUE_NOT_ALLOWED`, message, field: path, remedy: ruleOf(parent, 'mend it') };
    }
  }
}

function missing(code: string, field: readonly string[], parent: Schema): Refusal {
  const wanted = parent.properties?.[field.at(-1) ?? ''] ?? {};
  const allowed = wanted.enum === undefined ? '' : `; allowed: ${wanted.enum.join(', ')}`;
  const message = `${field.join('.')} is missing${allowed}`;
  return { code, message, field, remedy: `add it${wanted.description === undefined ? '' : `: ${wanted.description}`}` };
}

function unknown(code: string, path: readonly string[], name: string, parent: Schema, kind: DocumentKind): Refusal {
  const allowed = Object.keys(parent.properties ?? {});
  const nearest = nearestWord(name, allowed);
  return {
    code,
    message: `${[...path, shown(name)].join('.')} is no field of ${nameOf(path, kind)}; allowed: ${allowed.join(', ')}`,
    field: [...path, shown(name)],
    remedy: nearest === undefined ? 'take it out' : `write ${nearest}, if that is what was meant`,
  };
}

function notAllowed(
  code: string,
  path: readonly string[],
  data: unknown,
  allowed: readonly string[],
  kind: DocumentKind,
): Refusal {
  // Where the schema lists the words there is no place for a secret, so the word can be shown.
  const found = typeof data === 'string' ? shown(data) : kindOf(data);
  const nearest = typeof data === 'string' ? nearestWord(data, allowed) : undefined;
  return {
    code,
    message: `${nameOf(path, kind)} is ${found}; allowed: ${allowed.join(', ')}`,
    field: path,
    remedy: nearest === undefined ? 'write one of those' : `write ${nearest}, if that is what was meant`,
  };
}

/** `/datasets/1/tier` as `datasets[1]`, `tier`: joined by dots it is how people write a path. */
function pathOf(pointer: string): readonly string[] {
  const parts: string[] = [];
  for (const raw of pointer.split('/').slice(1)) {
    const part = raw.replaceAll('~1', '/').replaceAll('~0', '~');
    const last = parts.at(-1);
    if (/^\d+$/.test(part) && last !== undefined) parts[parts.length - 1] = `${last}[${part}]`;
    else parts.push(shown(part));
  }
  return parts;
}

function nameOf(path: readonly string[], kind: DocumentKind): string {
  return path.length === 0 ? `the ${kind}` : path.join('.');
}

function shown(text: string): string {
  const cut = text.length > SHOWN_LENGTH_MAX_CHARS ? `${text.slice(0, SHOWN_LENGTH_MAX_CHARS)}…` : text;
  return /^[A-Za-z0-9_.:-]+$/.test(cut) ? cut : JSON.stringify(cut);
}

function kindOf(data: unknown): string {
  if (data === null) return WORDS['null'] ?? '';
  return WORDS[Array.isArray(data) ? 'array' : typeof data] ?? 'something else';
}

function typesOf(schema: Schema): string {
  const types = schema.type === undefined ? [] : [schema.type].flat();
  return types.map((type) => WORDS[type] ?? type).join(' or ') || 'something else';
}

function ruleOf(schema: Schema, otherwise: string): string {
  return schema.description === undefined ? otherwise : `it is for: ${schema.description}`;
}
