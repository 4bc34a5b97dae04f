/** Makes one record of one scope: key, parent, resource, and what stood in the way. */
import type { Json } from '../../kernel/canonical-json.ts';
import type { Problem } from '../format.ts';
import { closeGaps, type Draft, type DraftValue } from './draft.ts';
import type { RecordRules, Rule } from './language.ts';
import { SOURCE_IDENTIFIER_SYSTEM, type MappedRecord } from './lineage.ts';
import { parseTarget } from './path.ts';
import { compileRules, compileTemplate, type RuleHouse } from './rules.ts';
import type { Trouble } from './source.ts';

export type MakeRecord<Scope> = (scope: Scope) => MappedRecord;

/** Identifiers of the source's own follow the one reconciliation joins on. */
const IDENTIFIER = 'identifier';

export function compileRecord<Scope>(record: RecordRules, house: RuleHouse<Scope>): MakeRecord<Scope> {
  const { source } = house;
  const key = compileTemplate(record.key, source);
  const parent = record.parent === undefined ? undefined : compileTemplate(record.parent, source);
  const fill = compileRules(record.rules, house);
  const hasGaps = record.rules.some(leavesGaps);
  return (scope) => {
    const problems: Problem[] = [];
    const trouble: Trouble = (category, code, message, path) => {
      const position = source.position(scope, path);
      problems.push({ category, code, position, message, ...(path === undefined ? {} : { field: path }) });
    };
    const position = source.position(scope);
    const found = key(scope, trouble);
    if (found === undefined) trouble('schema-invalid', 'KEY_MISSING', 'the source has no value for the record key');
    const owner = parent?.(scope, trouble) ?? null;
    if (parent !== undefined && owner === null) {
      trouble('schema-invalid', 'PATIENT_KEY_MISSING', 'the source does not say whose record it is');
    }
    const draft: Draft = { resourceType: record.type };
    fill(scope, draft, trouble);
    const name = found ?? `unkeyed:${position}`;
    return {
      key: name,
      type: record.type,
      parent: owner,
      position,
      resource: withSourceIdentifier(hasGaps ? (closeGaps(draft) as Draft) : draft, name),
      problems: problems.length === 0 ? NONE : problems.map((problem) => ({ ...problem, record: name })),
    };
  };
}

const NONE: readonly Problem[] = [];

/** The resource with the identifier every mapped resource carries, before its own ones. */
export function withSourceIdentifier(resource: Draft, key: string): Json {
  const own = resource[IDENTIFIER];
  const others = Array.isArray(own) ? (own as DraftValue[]) : own === undefined ? [] : [own as DraftValue];
  const { resourceType, [IDENTIFIER]: _own, ...rest } = resource;
  const identifier = [{ system: SOURCE_IDENTIFIER_SYSTEM, value: key }, ...others];
  return { resourceType, identifier, ...rest } as Json;
}

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

function leavesGaps(rule: Rule): boolean {
  if (rule.do === 'each') return rule.rules.some(leavesGaps);
  return rule.do !== 'refuse' && parseTarget(rule.to).some((step) => typeof step === 'number');
}
