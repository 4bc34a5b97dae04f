/** Items for tests: bytes in chunks of any size, and the shipped lineage maps compiled. */
import { readFileSync } from 'node:fs';
import { compileLineage } from '../../records/lineage/compile.ts';
import type { Lineage, MappedRecord } from '../../records/lineage/lineage.ts';
import { parseLineage } from '../../records/lineage/parse.ts';
import { shippedLibraries, shippedLineages } from '../../records/maps/shipped.ts';

export async function* item(content: string | Uint8Array, chunkBytes = 1 << 16): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(content as Uint8Array);
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}

export async function all<T>(values: AsyncIterable<T>): Promise<readonly T[]> {
  const list: T[] = [];
  for await (const value of values) list.push(value);
  return list;
}

export function compiled(text: string): Lineage {
  const parsed = parseLineage(text, shippedLibraries());
  if (!parsed.ok) throw new Error(parsed.refusals.map(({ message, remedy }) => `${message}; ${remedy}`).join('\n'));
  return compileLineage(parsed.value);
}

export function shipped(name: string): Lineage {
  return compiled(readFileSync(shippedLineages().get(name) ?? name, 'utf8'));
}

export async function mapped(
  lineage: Lineage,
  content: string | Uint8Array,
  path = 'item',
): Promise<readonly MappedRecord[]> {
  return all(lineage.map(path, item(content)));
}

export function codesOf(records: readonly MappedRecord[]): readonly string[] {
  return records.flatMap((record) => record.problems.map((problem) => problem.code));
}
