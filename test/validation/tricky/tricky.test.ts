/** The tricky records: each once went wrong somewhere. What must be said of it, and nothing else, is said. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import type { Json } from '../../../kernel/canonical-json.ts';
import { examine } from '../../../records/examine.ts';
import type { Format } from '../../../records/format.ts';
import { RECORD_CHECKS } from '../../../subgraphs/validation/checks/catalogue.ts';
import { lookAtRecord } from '../../../subgraphs/validation/checks/record-check.ts';
import { membersOf } from '../../../subgraphs/validation/checks/resource.ts';

interface Tricky {
  readonly name: string;
  /** fhir where absent. */
  readonly format?: Format;
  /** A FHIR resource, or the text of an item. */
  readonly item: Json;
  readonly lengthMax?: Readonly<Record<string, number>>;
  /** `CODE place`, in the order of the checks. */
  readonly says: readonly string[];
}

const TODAY = '2026-11-01T12:00:00Z';

async function saidOf({ format = 'fhir', item, lengthMax = {} }: Tricky): Promise<readonly string[]> {
  const text = typeof item === 'string' ? item : JSON.stringify(item);
  const { problems } = await examine(format, 'tricky', Buffer.from(text));
  const told = { today: TODAY, lengthMax: new Map(Object.entries(lengthMax)) };
  const seen = format === 'fhir' ? lookAtRecord(RECORD_CHECKS, membersOf(item), told) : [];
  // What an examination and a check of the record say alike becomes one exception.
  const said = [
    ...problems.map(({ code, field, position }) => `${code} ${field ?? position}`),
    ...seen.map(({ code, field }) => `${code} ${field}`),
  ];
  return [...new Set(said)];
}

describe.each(readdirSync(import.meta.dirname).filter((name) => name.endsWith('.yaml')))('%s:', (file) => {
  const library = parse(readFileSync(join(import.meta.dirname, file), 'utf8'), { merge: true }) as readonly Tricky[];
  test.each(library.map((tricky) => [tricky.name, tricky] as const))('%s', async (_, tricky) => {
    expect(await saidOf(tricky)).toEqual(tricky.says);
  });
});
