/** Code maps of every shape, for properties. */
import fc from 'fast-check';
import type { CodeMapDocument, CodeTarget } from '../../../records/code-set/document.ts';
import { MAPPED_EQUIVALENCES, UNMAPPED_EQUIVALENCES } from '../../../records/code-set/equivalence.ts';

export const ICD_9 = 'http://hl7.org/fhir/sid/icd-9-cm';
export const ICD_10 = 'http://hl7.org/fhir/sid/icd-10-cm';

const word = fc.stringMatching(/^[A-Za-z0-9.-]{1,8}$/);
const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((text) => text.trim() !== '');
const optional = <T>(name: string, value: fc.Arbitrary<T>) =>
  fc.option(value, { nil: undefined }).map((found) => (found === undefined ? {} : { [name]: found }));
const all = (...parts: readonly fc.Arbitrary<object>[]) =>
  fc.tuple(...parts).map((found) => Object.assign({}, ...found) as object);

/** Systems sort behind the map's own, which has no name here. */
const OTHER_SYSTEMS = ['urn:other:1', 'urn:other:2'];
const system = fc.constantFrom(...OTHER_SYSTEMS);
const condition = all(
  fc.record({ property: word, value: words }),
  optional('system', system),
  optional('display', words),
);
const combination = fc.option(
  fc.record({ scenario: fc.integer({ min: 1, max: 3 }), choice: fc.integer({ min: 1, max: 3 }) }),
  {
    nil: {},
  },
);
const mapped = all(
  fc.record({ code: word, equivalence: fc.constantFrom(...MAPPED_EQUIVALENCES) }),
  optional('display', words),
  optional('system', system),
  combination,
  optional('dependsOn', fc.array(condition, { minLength: 1, maxLength: 2 })),
  optional('product', fc.array(condition, { minLength: 1, maxLength: 2 })),
  optional('comment', words),
);
const unmapped = all(
  fc.record({ equivalence: fc.constantFrom(...UNMAPPED_EQUIVALENCES) }),
  optional('display', words),
  optional('comment', words),
);
const target = fc.oneof({ weight: 4, arbitrary: mapped }, unmapped) as fc.Arbitrary<CodeTarget>;
const targets = fc
  .uniqueArray(target, { maxLength: 4, selector: (each) => JSON.stringify(each) })
  .map((found) => found.sort((left, right) => ((left.system ?? '') < (right.system ?? '') ? -1 : 1)))
  // Equal but for the order of their members they would be one mapping.
  .filter((found) => new Set(found.map((each) => JSON.stringify(Object.entries(each).sort()))).size === found.length);
const entry = all(
  optional('display', words),
  optional('definition', words),
  optional('status', word),
  optional('comment', words),
  fc.record({ targets }),
);

export const anyDocument = fc.record({
  name: fc.constant('some-map'),
  version: word,
  from: fc.constantFrom({ system: 'urn:from', name: 'From' }, { system: ICD_9, name: 'ICD-9-CM', version: '2014' }),
  to: fc.constantFrom({ system: 'urn:to', name: 'To' }, { system: ICD_10, name: 'ten', version: '3' }),
  provenance: fc.constant({ source: 'some.txt', sha256: 'a'.repeat(64), loadedWith: 'csv 1' }),
  codes: fc.dictionary(word, entry, { minKeys: 1, maxKeys: 6 }),
}) as unknown as fc.Arbitrary<CodeMapDocument>;

/** The same with every way to treat what is not in it. */
export const anyOpenDocument = fc
  .tuple(
    anyDocument,
    fc.constantFrom(
      undefined,
      { mode: 'provided' as const },
      { mode: 'fixed' as const, code: 'F', display: 'Fixed' },
      { mode: 'other-map' as const, url: 'urn:elsewhere' },
    ),
  )
  .map(([document, rule]): CodeMapDocument => (rule === undefined ? document : { ...document, unmapped: rule }));
