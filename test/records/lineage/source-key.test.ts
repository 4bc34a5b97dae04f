/** Every resource carries the key of its source where FHIR R4 has room for it, and is found by it. */
import { describe, expect, test } from '@jest/globals';
import { isKeyedByTag, sourceKeyOf } from '../../../plugins/sdk/index.ts';
import { elementAt, resourceTypes } from '../../../records/fhir/r4.ts';
import { structureProblems } from '../../../records/fhir/structure.ts';
import type { JsonObject } from '../../../records/leaves.ts';
import {
  SOURCE_KEY_PATH,
  withRoomForKey,
  withoutSourceKey,
  withSourceKey,
} from '../../../records/lineage/source-key.ts';
import { compileKey } from '../../../subgraphs/validation/extracts/keys.ts';

const KEY = 'prov:A|1, 2$';
const keyed = (type: string, own: object = {}): JsonObject =>
  withSourceKey({ ...withRoomForKey(type), ...own }, KEY) as JsonObject;
const problemsOf = (resource: JsonObject) =>
  structureProblems(resource).filter(({ field = '' }) => /^(identifier|meta)\b/.test(field));

describe('the source key', () => {
  test.each(resourceTypes())('of a %s stands where R4 has room for it, and connectors find it there', (type) => {
    const resource = keyed(type);
    expect(problemsOf(resource)).toEqual([]);
    expect(sourceKeyOf(resource as { resourceType: string })).toBe(KEY);
    expect(isKeyedByTag(type)).toBe(elementAt(type, 'identifier')?.isList !== true);
    const read = compileKey([SOURCE_KEY_PATH], 'json');
    expect(read?.({ type, position: '/', value: resource })).toBe(KEY);
  });

  test('takes nothing away that the resource says itself, and leaves it behind when it goes', () => {
    const identifier = { system: 'urn:x', value: '1' };
    const tag = [{ system: 'urn:y', code: '2' }];
    const bundle = { identifier, meta: { profile: ['urn:p'], tag } };
    expect(keyed('Bundle', bundle)).toMatchObject({ identifier, meta: { profile: ['urn:p'] } });
    expect(withoutSourceKey(keyed('Bundle', bundle))).toEqual({ resourceType: 'Bundle', ...bundle });
    expect(withoutSourceKey(keyed('Patient', { identifier: [identifier] }))).toEqual({
      resourceType: 'Patient',
      identifier: [identifier],
    });
  });
});
