/** Makes one record of one scope: key, parent, resource, and what stood in the way. */
import type { Json } from '../../kernel/canonical-json.ts';
import type { Problem } from '../format.ts';
import { compileAsOf } from './as-of.ts';
import { withoutGaps, type Draft } from './draft.ts';
import { NO_AS_OF, type RecordRules } from './language.ts';
import type { MappedRecord } from './lineage.ts';
import { compileConditions } from './conditions.ts';
import { compileRules, type RuleHouse } from './rules.ts';
import { withRoomForKey, withSourceKey } from './source-key.ts';
import type { Source, Trouble } from './source.ts';
import { compileTemplates } from './template.ts';

/** Undefined where the scope has no such record; a promise where an expression still has to be evaluated. */
export type MakeRecord<Scope> = (scope: Scope) => MappedRecord | Promise<MappedRecord> | undefined;

export function compileRecord<Scope>(record: RecordRules, house: RuleHouse<Scope>): MakeRecord<Scope> {
  const { source, taken, pending, tracer } = house;
  const key = compileTemplates(record.key, taken);
  const parent = record.parent === undefined ? undefined : compileTemplates(record.parent, taken);
  const holds = compileConditions(record.when, source);
  const fill = compileRules(record.rules, house);
  const asOf =
    record.asOf === undefined || record.asOf === NO_AS_OF ? undefined : compileAsOf(record.asOf, source, house);
  const isUnity = house.map.target === 'unity';
  const [begin, finish] = isUnity ? [bare, asItIs] : [withRoomForKey, withSourceKey];
  return (scope) => {
    if (holds !== undefined && !holds(scope)) return undefined;
    const problems: Problem[] = [];
    const trouble = troubleAt(scope, source, problems);
    const position = source.position(scope);
    const found = key(scope, trouble);
    if (found === undefined) trouble('schema-invalid', 'KEY_MISSING', 'the source has no value for the record key');
    const owner = parent?.(scope, trouble) ?? null;
    if (parent !== undefined && owner === null) {
      trouble('schema-invalid', 'PATIENT_KEY_MISSING', 'the source does not say whose record it is');
    }
    const draft = begin(record.type);
    fill(scope, draft, trouble);
    const name = found ?? `unkeyed:${position}`;
    tracer?.made(record.type, name);
    const about = { key: name, type: record.type, parent: owner, position, asOf: asOf?.(scope) };
    if (pending.length === 0) return complete(about, draft, finish, problems);
    return Promise.all(pending.splice(0)).then(() => complete(about, draft, finish, problems));
  };
}

function troubleAt<Scope>(scope: Scope, source: Source<Scope>, problems: Problem[]): Trouble {
  return (category, code, message, path, place) => {
    const position = place ?? source.position(scope, path);
    problems.push({ category, code, position, message, ...(path === undefined ? {} : { field: path }) });
  };
}

function complete(
  about: Omit<MappedRecord, 'resource' | 'problems'>,
  draft: Draft,
  finish: (resource: Draft, key: string) => Json,
  problems: readonly Problem[],
): MappedRecord {
  return {
    key: about.key,
    type: about.type,
    parent: about.parent,
    position: about.position,
    resource: finish(withoutGaps(draft), about.key),
    ...(about.asOf === undefined ? {} : { asOf: about.asOf }),
    problems: problems.length === 0 ? NONE : problems.map((problem) => ({ ...problem, record: about.key })),
  };
}

function bare(resourceType: string): Draft {
  return { resourceType };
}

function asItIs(resource: Draft): Json {
  return resource as Json;
}

const NONE: readonly Problem[] = [];

/** A record that cannot be mapped at all: it says why, and holds nothing. */
export function unmappedRecord(
  type: string,
  key: string,
  position: string,
  problems: readonly Problem[],
): MappedRecord {
  const named = problems.map((problem) => ({ ...problem, record: key }));
  return { key, type, parent: null, position, resource: { resourceType: type }, problems: named };
}
