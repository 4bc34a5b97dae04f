import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FHIR_CODEC, replaceJson } from '../../../records/fhir/codec.ts';
import { countMembers, duplicateMember, findSpan } from '../../../records/json-spans.ts';
import { rewritten } from '../rewritten.ts';

const SPELLED = '{ "resourceType" : "Observation",\r\n\t"valueQuantity":{"value":1.0, "unit":"\\u00b5g"}, "b":1e2 }';

/** JSON of any shape, spelled with any white space. */
const json = fc.tuple(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(undefined, 1, '\t', '  \n'));
const resource = json.map(([value, space]) => JSON.stringify({ resourceType: 'Basic', id: 'x', value }, null, space));
const line = json.map(([value]) => JSON.stringify({ value, resourceType: 'Basic' }));
const bundle = fc
  .tuple(fc.array(resource, { maxLength: 4 }), fc.constantFrom('', ' ', '\n', '\r\n'))
  .map(([resources, space]) => {
    const entries = resources.map((each, at) => `{${space}"fullUrl":"urn:${at}","resource":${space}${each}}`);
    return `{"resourceType":"Bundle",${space}"type":"batch","entry":[${space}${entries.join(`,${space}`)}]}${space}`;
  });
const ndjson = fc
  .tuple(
    fc.array(fc.oneof(line, fc.constant(''), fc.constant('{"cut')), { maxLength: 6 }),
    fc.constantFrom('\n', '\r\n'),
  )
  .map(([lines, end]) => lines.join(end));

describe('FHIR written again', () => {
  test('is the item byte for byte, bundle or NDJSON, in any chunks, well written or not', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(resource, bundle, ndjson, fc.string({ unit: 'binary' })),
        fc.constantFrom('', '\ufeff'),
        fc.integer({ min: 1, max: 99 }),
        async (text, mark, chunkBytes) => {
          const bytes = Buffer.from(mark + text);
          const { tiled, written } = await rewritten(FHIR_CODEC, bytes, chunkBytes);
          expect(tiled).toEqual(bytes);
          expect(written).toEqual(bytes);
        },
      ),
      { numRuns: 150 },
    );
  });

  test('keeps the spelling of numbers, the order of members and the white space of every resource', async () => {
    const patient = '{"resourceType":"Patient"}';
    const entries = `[{"resource":${SPELLED}},\n{"request":{}},{"resource":${patient}}]`;
    const text = `{"entry":${entries},"resourceType":"Bundle"}`;
    const { records, problems } = await rewritten(FHIR_CODEC, text);
    expect(problems).toEqual([]);
    expect(records.map(({ position, record }) => [position, record.text])).toEqual([
      ['/entry/0/resource', SPELLED],
      ['/entry/2/resource', patient],
    ]);
  });

  test('names members that parsers would silently drop', async () => {
    const { problems, written } = await rewritten(FHIR_CODEC, '{"resourceType":"Patient","a":[{"b":1,"b":2}]}');
    expect(problems).toMatchObject([{ code: 'MEMBER_DUPLICATE', position: 'line 1 /a/0/b' }]);
    expect(written.toString()).toContain('"b":1,"b":2');
  });

  test('says where a file breaks off, and keeps what came before', async () => {
    const text = '{"resourceType":"Patient"}\n{"resourceType":"Patient"}\n{"resourceType":"Pat';
    const { records, problems, written } = await rewritten(FHIR_CODEC, text);
    expect(records.map(({ position }) => position)).toEqual(['line 1 /', 'line 2 /']);
    expect(problems).toMatchObject([{ code: 'NOT_JSON', position: 'line 3 byte 74' }]);
    expect(written.toString()).toBe(text);
  });
});

describe('one JSON value replaced', () => {
  test('changes no other byte', () => {
    const record = { text: SPELLED };
    expect(replaceJson(record, '/valueQuantity/value', 2)).toEqual({ text: SPELLED.replace('1.0', '2') });
    expect(replaceJson(record, '/valueQuantity/code', 'x')).toMatchObject({
      code: 'POINTER_MISSING',
      position: '/valueQuantity/code',
    });
  });

  test('is where its pointer says, in any JSON', () => {
    fc.assert(
      fc.property(json, ([value, space]) => {
        const text = JSON.stringify(value, null, space);
        const walk = (each: unknown, pointer: string): void => {
          const span = findSpan(text, pointer);
          expect(JSON.parse(text.slice(span?.start, span?.end))).toEqual(each);
          if (typeof each !== 'object' || each === null) return;
          for (const [key, member] of Object.entries(each)) {
            walk(member, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
          }
        };
        walk(JSON.parse(text), '');
        expect(duplicateMember(text)).toBeUndefined();
        const members = (each: unknown): number =>
          typeof each !== 'object' || each === null
            ? 0
            : (Array.isArray(each) ? 0 : Object.keys(each).length) +
              Object.values(each).reduce((sum: number, member) => sum + members(member), 0);
        expect(countMembers(text)).toBe(members(JSON.parse(text)));
      }),
    );
  });
});
