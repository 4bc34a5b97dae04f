/** The difference between two versions of a map: nothing goes unseen, and a reviewer can read it. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson, type Json } from '../../../kernel/canonical-json.ts';
import { changeText, diffLineages, type WrittenLineage } from '../../../records/lineage/diff.ts';
import type { LineageMap } from '../../../records/lineage/language.ts';
import type { Rule } from '../../../records/lineage/rule.ts';
import { parseLineage } from '../../../records/lineage/parse.ts';
import { shippedLibraries, shippedLineages } from '../../../records/maps/shipped.ts';

const MAP = `name: m
version: 1.0.0
format: delimited
critical: [Patient.gender]
codeMaps: { sex: { from: x, to: y, codes: { F: { code: female, equivalence: equivalent } } } }
records:
  - type: Patient
    key: 'p:{A}'
    rules:
      - { do: trim, to: 'name[0].family', from: B }
      - { do: code, to: gender, from: C, map: sex, when: [{ from: D, in: ['yes', 'of course'] }] }
exclusions:
  - { from: E, reason: kept in the archive }
`;

function written(text: string): WrittenLineage {
  const parsed = parseLineage(text, shippedLibraries());
  if (!parsed.ok) throw new Error(parsed.refusals.map(({ message }) => message).join('\n'));
  return { map: parsed.value, text };
}

const changes = (from: string, to: string) => diffLineages(written(from), written(to)).map(changeText);

describe('the difference between two versions of a map', () => {
  test('says what was added, removed and changed, in words and by line', () => {
    const after = MAP.replace('version: 1.0.0', 'version: 1.1.0')
      .replace('trim, to: ', 'split, at: " ", part: 1, to: ')
      .replace('{ code: female, equivalence: equivalent }', '{ code: female, equivalence: wider }')
      .replace('E, reason: kept in the archive', 'F, reason: acknowledged')
      .replace(
        "      - { do: code, to: gender, from: C, map: sex, when: [{ from: D, in: ['yes', 'of course'] }] }\n",
        '',
      );
    expect(changes(MAP, after)).toEqual([
      'changed version (line 2): 1.0.0 -> 1.1.0',
      'changed Patient: rule for name[0].family (line 10): trim from B -> split from B, at " ", part = 1',
      'changed code map sex: F (line 5): code female, equivalence equivalent -> code female, equivalence wider',
      'added exclusion of F (line 12): acknowledged',
      'removed Patient: rule for gender (line 11): code from C, when [from D, in [yes, "of course"]], map sex',
      'removed exclusion of E (line 13): "kept in the archive"',
    ]);
  });

  test('is nothing where both say the same, and something where only the order differs', () => {
    expect(changes(MAP, `# looked over\n${JSON.stringify(written(MAP).map)}`)).toEqual([]);
    const rules = written(MAP).map.records?.[0]?.rules ?? [];
    const turned = { ...written(MAP).map, records: [{ type: 'Patient', key: 'p:{A}', rules: [...rules].reverse() }] };
    expect(changes(MAP, JSON.stringify(turned))).toEqual([expect.stringMatching(/^changed order/)]);
  });

  test('sees which records a shape brings along, and a rule that lost the element it is called after', () => {
    const { map } = written(MAP);
    const inShape = (from: string): WrittenLineage => ({
      map: { ...map, shapes: { s: { recordsOf: [{ shape: 'visit', from }] } } },
      text: '',
    });
    expect(diffLineages(inShape('PV1'), inShape('PV2')).map(changeText)).toEqual([
      'added shape s, records of visit at PV2: ',
      'removed shape s, records of visit at PV1: ',
    ]);
    const withRule = (rule: Rule): WrittenLineage => ({
      map: { ...map, records: [{ type: 'Condition', key: 'c:{A}', rules: [rule] }] },
      text: '',
    });
    const rule = { do: 'code', from: 'C', map: 'sex' } as const;
    expect(diffLineages(withRule({ ...rule, to: 'code' }), withRule(rule as unknown as Rule)).map(changeText)).toEqual([
      'added Condition: rule to code: code from C, map sex',
      'removed Condition: rule for code: code from C, map sex',
    ]);
  });

  test('names every change of a shipped map, whatever member it is in, and backwards says the opposite', () => {
    const names = ['oru-to-fhir', 'csv-patient-to-fhir', 'fhir-to-unity', 'synthea-observations-to-fhir'];
    const maps = names
      .flatMap((name) => shippedLineages().get(name) ?? [])
      .map((path) => written(readFileSync(path, 'utf8')));
    fc.assert(
      fc.property(fc.constantFrom(...maps), fc.nat(), fc.constantFrom('drop', 'alter'), ({ map, text }, at, how) => {
        const altered = alteration(map as unknown as Json, at, how) as unknown as LineageMap;
        fc.pre(
          Array.isArray(altered.critical) &&
            canonicalJson(altered as unknown as Json) !== canonicalJson(map as unknown as Json),
        );
        const [before, after] = [
          { map, text },
          { map: altered, text: '' },
        ];
        const forwards = diffLineages(before, after);
        expect(forwards).not.toEqual([]);
        const opposite = { added: 'removed', removed: 'added', changed: 'changed' };
        const backwards = diffLineages(after, before);
        expect(backwards.map(({ change, what }) => `${change} ${what}`).sort()).toEqual(
          forwards.map(({ change, what }) => `${opposite[change]} ${what}`).sort(),
        );
      }),
      { numRuns: 40 },
    );
  });
});

/** The value with one of its leaves, or one member of a list, dropped or altered. */
function alteration(value: Json, at: number, how: string): Json {
  const leaves: (readonly (string | number)[])[] = [];
  const walk = (each: Json, path: readonly (string | number)[]): void => {
    if (Array.isArray(each)) each.forEach((member, index) => walk(member as Json, [...path, index]));
    else if (typeof each === 'object' && each !== null)
      for (const [name, member] of Object.entries(each)) walk(member as Json, [...path, name]);
    else leaves.push(path);
  };
  walk(value, []);
  const path = leaves[at % leaves.length] ?? [];
  const copy = structuredClone(value);
  let holder = copy as Record<string | number, Json>;
  for (const step of path.slice(0, -1)) holder = holder[step] as Record<string | number, Json>;
  const last = path.at(-1) ?? 0;
  if (how === 'alter') holder[last] = `${String(holder[last])} altered`;
  else if (Array.isArray(holder)) holder.splice(Number(last), 1);
  else delete holder[last];
  return copy;
}
