/** Kinds of record an item may repeat (a practitioner named twice): made once where equal, united in a document. */
import { canonicalJson, type Json } from '../../kernel/canonical-json.ts';
import { sha256 } from '../../kernel/digest.ts';
import { isArray, isObject } from '../leaves.ts';
import type { LineageMap } from './language.ts';
import type { MappedRecord } from './lineage.ts';

/** Keys remembered for one item; later repetitions pass through, and reconciliation finds them as duplicates. */
const KEYS_MAX = 200_000;

/** Undefined for a record that was made before; one that says something else is a problem. */
export type Sieve = (record: MappedRecord) => MappedRecord | undefined;

/** Types of record that an item may repeat. */
export function typesOnce(map: LineageMap): ReadonlySet<string> {
  return new Set(map.records?.filter(({ once }) => once === true).map(({ type }) => type));
}

/** A new sieve for each item; undefined where the map asks for none. */
export function compileOnce(map: LineageMap): (() => Sieve) | undefined {
  const types = typesOnce(map);
  if (types.size === 0) return undefined;
  return () => {
    const seen = new Map<string, string>();
    return (record) => {
      if (!types.has(record.type) || record.problems.length > 0) return record;
      // As of another moment it is another version of the record, and what stands is decided over all items.
      const name = `${record.asOf ?? ''} ${record.type} ${record.key}`;
      const digest = sha256(canonicalJson(record.resource));
      const before = seen.get(name);
      if (before === digest) return undefined;
      if (before === undefined) {
        if (seen.size < KEYS_MAX) seen.set(name, digest);
        return record;
      }
      return conflicting(record);
    };
  };
}

function conflicting(record: MappedRecord): MappedRecord {
  const message = 'the item holds this record twice, with different content';
  const { position, key } = record;
  const problem = { category: 'schema-invalid', code: 'RECORD_CONFLICT', position, message, record: key } as const;
  return { ...record, problems: [problem] };
}

/**
 * The records of one document, in which each participation says what it happens to say: what is said of the same record
 * is put together, lists by their elements, and the record comes at the end. One that contradicts is a problem.
 */
export async function* united(
  records: AsyncIterable<MappedRecord>,
  types: ReadonlySet<string>,
): AsyncGenerator<MappedRecord> {
  const held = new Map<string, MappedRecord>();
  for await (const record of records) {
    const name = `${record.type} ${record.key}`;
    const before = held.get(name);
    if (!types.has(record.type) || record.problems.length > 0) yield record;
    else if (before === undefined && held.size >= KEYS_MAX) yield record;
    else if (before === undefined) held.set(name, record);
    else {
      const resource = unite(before.resource, record.resource);
      if (resource === undefined) yield conflicting(record);
      else held.set(name, { ...before, resource });
    }
  }
  yield* held.values();
}

/** Everything that either says; undefined where they say different things in the same place. */
function unite(left: Json, right: Json): Json | undefined {
  if (isArray(left) && isArray(right)) {
    const known = new Set(left.map(canonicalJson));
    return [...left, ...right.filter((each) => !known.has(canonicalJson(each)))];
  }
  if (!isObject(left) || !isObject(right)) return canonicalJson(left) === canonicalJson(right) ? left : undefined;
  const both: { [name: string]: Json | undefined } = { ...left };
  for (const [name, value] of Object.entries(right)) {
    if (value === undefined) continue;
    const known = left[name];
    const member = known === undefined ? value : unite(known, value);
    if (member === undefined) return undefined;
    both[name] = member;
  }
  return both as Json;
}
