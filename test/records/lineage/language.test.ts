/** The lineage language beyond single rules: shapes, trees, kinds of record, and the odd transforms. */
import { describe, expect, test } from '@jest/globals';
import type { MappedRecord } from '../../../records/lineage/lineage.ts';
import { compileLineage } from '../../../records/lineage/compile.ts';
import { parseLineage } from '../../../records/lineage/parse.ts';
import { Tracer, type TracedUnit } from '../../../records/lineage/trace.ts';

async function mapped(map: object, text: string, tracer?: Tracer): Promise<readonly MappedRecord[]> {
  const parsed = parseLineage(JSON.stringify({ name: 'm', version: '1.0.0', critical: [], ...map }));
  if (!parsed.ok) throw new Error(parsed.refusals.map(({ message, remedy }) => `${message}; ${remedy}`).join('\n'));
  const lineage = compileLineage(parsed.value, tracer);
  async function* bytes() {
    yield Buffer.from(text);
  }
  const records: MappedRecord[] = [];
  for await (const record of lineage.map('item', bytes())) records.push(record);
  return records;
}

const MESSAGE = [
  'MSH|^~\\&|A|B|C|D|20250102030405+0000||ADT^A01|M1|P|2.5.1',
  'PID|1||007^^^HOSP&2.16.1&ISO^MR~123^^^SSA^SS||DOE^JANE||19700102|F',
].join('\r');

const CX = [
  { do: 'trim', to: 'value', from: '.1' },
  { do: 'template', to: 'system', template: 'urn:oid:{.4.2}', when: [{ from: '.4.3', in: ['ISO'] }] },
];

const ADT = {
  format: 'hl7v2',
  messages: ['ADT^A01'],
  shapes: { CX: { rules: CX }, person: { rules: [{ do: 'shape', shape: 'CX', from: '.3', to: 'identifier[]' }] } },
};

const CDA = `<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <effectiveTime value="20250102"/>
  <component><structuredBody><component><section><templateId root="1.2.3"/>
    <entry><act><id root="9.9" extension="a"/><code code="X" displayName="Ex"/></act></entry>
    <entry><act><id root="9.9" extension="b"/><code nullFlavor="UNK"/></act></entry>
  </section></component></structuredBody></component></ClinicalDocument>`;

describe('shapes', () => {
  test('make an element for each repetition of a field, with subcomponents', async () => {
    const use = { do: 'shape', shape: 'CX', from: 'PID-3', to: 'identifier[]' };
    const [record] = await mapped(
      { ...ADT, records: [{ type: 'Patient', key: 'p:{PID-3.1}', rules: [use] }] },
      MESSAGE,
    );
    expect(record?.problems).toEqual([]);
    expect(record?.resource).toMatchObject({
      identifier: [{ value: 'p:007' }, { value: '007', system: 'urn:oid:2.16.1' }, { value: '123' }],
    });
  });

  test('that use themselves are refused, and so is a name that is none, with the nearest one', () => {
    const loop = { shapes: { A: { rules: [{ do: 'shape', shape: 'A', from: '.1', to: '.' }] } } };
    const record = (shape: string) => [
      { type: 'Patient', key: 'p:{PID-3.1}', rules: [{ do: 'shape', shape, from: 'PID-3', to: 'name[]' }] },
    ];
    const base = { name: 'm', version: '1.0.0', critical: [], format: 'hl7v2', messages: ['ADT^A01'] };
    const refusals = (map: object) => {
      const parsed = parseLineage(JSON.stringify({ ...base, ...map }, null, 1));
      return parsed.ok ? [] : parsed.refusals.map(({ message, remedy }) => `${message}: ${remedy}`);
    };
    expect(refusals({ ...loop, records: record('A') })).toEqual([expect.stringContaining('must not use itself')]);
    expect(refusals({ ...ADT, records: record('CY') })).toEqual([
      expect.stringMatching(/^line \d+: records\.0\.rules\.0 names the shape CY.*: write CX/),
    ]);
  });
});

describe('trees', () => {
  test('C-CDA: a record for each element of a path, conditions on records, absolute paths', async () => {
    const kind = {
      type: 'Observation',
      forEach: "//section[templateId/@root='1.2.3']/entry/act",
      when: ['code/@code'],
      key: 'o:{id/@root}:{id/@extension}',
      rules: [
        { do: 'trim', to: 'code.coding[0].code', from: 'code/@code' },
        { do: 'date', to: 'issued', from: '/ClinicalDocument/effectiveTime/@value', shapes: ['hl7'], as: 'dateTime' },
      ],
    };
    const records = await mapped({ format: 'ccda', records: [kind] }, CDA);
    expect(records.map(({ key, problems }) => ({ key, problems }))).toEqual([{ key: 'o:9.9:a', problems: [] }]);
    expect(records[0]?.resource).toMatchObject({ code: { coding: [{ code: 'X' }] }, issued: '2025-01-02' });
    expect(records[0]?.position).toMatch(/^line \d+ \/ClinicalDocument\/component\[1\]/);
  });

  test('FHIR to another form: elements by conditions, one record for each of a list', async () => {
    const patient = {
      resourceType: 'Patient',
      id: 'p1',
      name: [
        { use: 'old', family: 'Roe' },
        { use: 'official', family: 'Doe', given: ['A', 'B'] },
      ],
      contact: [{ name: { family: 'X' } }, { name: { family: 'Y' } }],
    };
    const records = await mapped(
      {
        format: 'fhir',
        target: 'unity',
        records: [
          {
            type: 'SavePatient',
            forEach: 'Patient',
            key: 'p:{id}',
            rules: [
              { to: 'lastName', from: "name[use='official'].family" },
              { to: 'firstName', from: "name[use='official'].given", repeats: ' ' },
            ],
          },
          {
            type: 'SaveNote',
            forEach: 'Patient.contact',
            key: 'c:{/id}:{node.n}',
            parent: 'p:{/id}',
            rules: [{ to: 'text', from: 'name.family' }],
          },
        ],
      },
      JSON.stringify(patient),
    );
    expect(records.map(({ key, parent, resource }) => ({ key, parent, resource }))).toEqual([
      { key: 'p:p1', parent: null, resource: { resourceType: 'SavePatient', lastName: 'Doe', firstName: 'A B' } },
      { key: 'c:p1:1', parent: 'p:p1', resource: { resourceType: 'SaveNote', text: 'X' } },
      { key: 'c:p1:2', parent: 'p:p1', resource: { resourceType: 'SaveNote', text: 'Y' } },
    ]);
  });
});

describe('transforms', () => {
  const rows = (rules: readonly object[], text: string) =>
    mapped({ format: 'delimited', records: [{ type: 'Basic', key: 'r:{row.n}', rules }] }, text);

  test('text keeps the original of RTF and HTML beside the plain text', async () => {
    const rtf = "{\\rtf1\\ansi{\\fonttbl{\\f0 Arial;}}\\f0 caf\\'e9\\par two\\u8364?}";
    const rule = { do: 'text', to: 'note', from: 'N', original: 'content' };
    const [first, second] = await rows([rule], `N\n"${rtf}"\nplain\n`);
    expect(first?.resource).toMatchObject({
      note: 'café\ntwo€',
      content: { contentType: 'application/rtf', data: Buffer.from(rtf).toString('base64') },
    });
    expect(second?.resource).toMatchObject({ note: 'plain' });
    expect(second?.resource).not.toHaveProperty('content');
  });

  test('unit converts by exact factors, and a unit without one is a problem', async () => {
    const rule = { do: 'unit', to: 'kg', from: 'W', unit: 'U', into: 'kg' };
    const [pounds, stones] = await rows([rule], 'W,U\n150.5,lb\n12,st\n');
    expect(pounds?.resource).toMatchObject({ kg: 68.266 });
    expect(stones?.problems).toMatchObject([{ code: 'UNIT_UNKNOWN', position: 'line 3 column W' }]);
  });

  test('jsonata is awaited, and one that does not end is cut off as a problem', async () => {
    const sum = { do: 'jsonata', to: 'sum', with: { a: 'A', b: 'B' }, expression: '$number(a) + $number(b)' };
    const loop = { ...sum, expression: '($f := function($n) { $f($n + 1) + 1 }; $f(0))' };
    const [fine] = await rows([sum], 'A,B\n1,2\n');
    const [endless] = await rows([loop], 'A,B\n1,2\n');
    expect(fine?.resource).toMatchObject({ sum: 3 });
    expect(endless?.problems).toMatchObject([{ code: 'EXPRESSION_FAILED' }]);
  });

  test('join takes what has a value, boolean only its words, base64 what the source encoded', async () => {
    const rules = [
      { do: 'join', to: 'a', from: ['A', 'B', 'C'], with: ', ' },
      { do: 'boolean', to: 'b', from: 'B', yes: ['Y'], no: ['N'] },
      { do: 'base64', to: 'c', from: 'C', encoding: 'E' },
      { to: 'd', from: ['Z', 'C'], optional: true },
    ];
    const [good, bad] = await rows(rules, 'A,B,C,E\n1,Y,414243,Hex\n1,,!!,Base64\n');
    expect(good?.resource).toMatchObject({ a: '1, Y, 414243', b: true, c: 'QUJD', d: '414243' });
    expect(bad?.problems).toMatchObject([{ code: 'ATTACHMENT_INVALID', position: 'line 3 column C' }]);
  });
});

describe('kinds of record', () => {
  test('an equal record is made once for an item; one that says something else is a problem', async () => {
    const kind = { type: 'Practitioner', once: true, key: 'd:{D}', rules: [{ to: 'name[0].family', from: 'N' }] };
    const records = await mapped({ format: 'delimited', records: [kind] }, 'D,N\n1,A\n1,A\n2,B\n1,C\n');
    expect(records.map(({ key, problems }) => [key, problems.map(({ code }) => code)])).toEqual([
      ['d:1', []],
      ['d:2', []],
      ['d:1', ['RECORD_CONFLICT']],
    ]);
  });

  test('a key takes the first complete template', async () => {
    const kind = { type: 'Basic', key: ['a:{A}', 'b:{B}'], rules: [{ to: 'x', from: 'B' }] };
    const records = await mapped({ format: 'delimited', records: [kind] }, 'A,B\n1,2\n,3\n');
    expect(records.map(({ key }) => key)).toEqual(['a:1', 'b:3']);
  });
});

describe('a tracer', () => {
  test('hears every value taken, where it stood, and where it went', async () => {
    const units: TracedUnit[] = [];
    const tracer = new Tracer((unit) => units.push(unit));
    const rules = [
      { do: 'constant', to: 'gender', value: 'unknown' },
      { do: 'trim', to: 'gender', from: 'PID-8' },
      { do: 'shape', shape: 'CX', from: 'PID-3', to: 'identifier[]' },
    ];
    await mapped({ ...ADT, records: [{ type: 'Patient', key: 'p:{PID-3.1}', rules }] }, MESSAGE, tracer);
    const [record] = units.flatMap(({ records }) => records);
    expect(record?.keyReads).toMatchObject([{ path: 'PID-3.1', value: '007' }]);
    const writes = record?.writes.map(({ target, value, reads, overwrote }) => ({
      target,
      value,
      reads: reads.map(({ path }) => path),
      overwrote,
    }));
    expect(writes).toEqual([
      { target: 'gender', value: 'unknown', reads: [], overwrote: false },
      { target: 'gender', value: 'F', reads: ['PID-8'], overwrote: true },
      { target: 'identifier[0].value', value: '007', reads: ['PID-3.1'], overwrote: false },
      { target: 'identifier[0].system', value: 'urn:oid:2.16.1', reads: ['PID-3.4.2'], overwrote: false },
      { target: 'identifier[1].value', value: '123', reads: ['PID-3.1'], overwrote: false },
    ]);
  });
});
