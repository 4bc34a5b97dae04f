import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DatasetProfiler, type ProfiledFormat } from '../../../records/profile/profiler.ts';
import type { DatasetProfile } from '../../../records/profile/report.ts';
import { memorySpill } from '../../../records/profile/spill.ts';

const TODAY = new Date('2026-11-25T12:00:00Z');

async function profileOf(
  format: ProfiledFormat,
  ...items: readonly (readonly [string, string])[]
): Promise<DatasetProfile> {
  const profiler = new DatasetProfiler({ format, today: TODAY });
  for (const [path, text] of items) await profiler.add(path, Buffer.from(text));
  return profiler.profile();
}

const fieldOf = (profile: DatasetProfile, path: string) => profile.fields.find((field) => field.path === path);
const codesOf = (profile: DatasetProfile) =>
  profile.findings.map(({ code, path, count, at }) => `${code} ${path ?? '-'} ${count} ${at[0]?.position ?? '-'}`);

describe('an extract', () => {
  test('is told field by field', async () => {
    const rows = ['MRN,LAST_NAME,DOB,WEIGHT', '001,Doe,1980-02-03,70.5', '002,Roe,,81', '003,Poe,1975-12-31,'];
    const profile = await profileOf('delimited', ['people.csv', rows.join('\n')]);
    expect(profile.records).toBe(3);
    expect(fieldOf(profile, 'DOB')).toMatchObject({
      records: 3,
      populated: 2,
      nullRate: 0.333333,
      distinct: 2,
      distinctError: 0,
      phi: 'date',
      yearMin: 1975,
      yearMax: 1980,
      dateShapes: [{ name: 'yyyy-MM-dd', count: 2 }],
      patterns: [{ name: '9999-99-99', count: 2 }],
    });
    expect(fieldOf(profile, 'WEIGHT')).toMatchObject({ numbers: 2, numberMin: 71, numberMax: 81, phi: 'none' });
    expect(fieldOf(profile, 'LAST_NAME')).toMatchObject({ phi: 'name', lengthMin: 3, lengthMax: 3, maskMin: 'Aaa' });
    expect(fieldOf(profile, 'MRN')).toMatchObject({ phi: 'record-number', numbers: 0, numberMin: null });
    expect(profile.findings).toEqual([]);
  });

  test('shows dates written in several ways, that stand for none, and that cannot be', async () => {
    const dates = [
      '01/31/2020',
      '02/28/2020',
      '12/25/2019',
      '25/12/2019',
      '2020-01-31',
      '01/01/1900',
      '02/30/2020',
      '1/2/20',
    ];
    const rows = dates.map((date, at) => `${at + 1},${date}`);
    const profile = await profileOf('delimited', ['v.csv', ['VISIT_ID,VISIT_DATE', ...rows].join('\n')]);
    expect(codesOf(profile)).toEqual([
      'DATE_FORMAT_MIXED VISIT_DATE 4 line 5',
      'DATE_MALFORMED VISIT_DATE 1 line 8',
      'YEAR_TWO_DIGITS VISIT_DATE 1 line 9',
      'DATE_SENTINEL VISIT_DATE 1 line 7',
    ]);
  });

  test('shows lost zeros, repeated keys, and references to nobody', async () => {
    const people = [
      'PATIENT_ID,DOB,LAST',
      '0012,1980-01-01,A',
      '12,1980-01-01,B',
      '0034,1990-01-01,C',
      '0034,1991-01-01,D',
      '0056,1992-01-01,E',
    ];
    const visits = ['VISIT_ID,PATIENT_ID', '1,0034', '2,0099', '3,0056'];
    const profile = await profileOf(
      'delimited',
      ['patients.csv', people.join('\n')],
      ['visits.csv', visits.join('\n')],
    );
    expect(codesOf(profile)).toEqual([
      'IDENTIFIER_ZEROS_LOST PATIENT_ID 1 -',
      'IDENTIFIER_WIDTH_VARIES PATIENT_ID 1 -',
      'KEY_DUPLICATE PATIENT_ID 1 line 5',
      'REFERENCE_ORPHAN PATIENT_ID 1 line 3',
    ]);
  });

  test('shows damage: characters, controls, ragged rows, long texts, times before birth and after today', async () => {
    const rows = [
      'ID,DOB,SEEN_DATE,NOTE,EMAIL',
      '1,1980-01-01,2020-01-01,caf\u00c3\u00a9,a@example.org',
      '2,1980-01-01,1979-12-31,bell\u0007,617-555-0100',
      '3,1980-01-01,2027-01-01,lost \ufffd,b@example.org',
      `4,1980-01-01,2020-01-01,${'long '.repeat(1_000)},c@example.org`,
      '5,1980-01-01',
    ];
    const profile = await profileOf('delimited', ['x.csv', rows.join('\n')]);
    expect(codesOf(profile)).toEqual([
      'CHARSET_DAMAGED NOTE 2 line 2',
      'COLUMN_SWAPPED EMAIL 1 line 3',
      'DATE_BEFORE_BIRTH SEEN_DATE 1 line 3',
      'ROW_RAGGED - 1 line 6',
      'CONTROL_CHARACTER NOTE 1 line 3',
      'DATE_FUTURE SEEN_DATE 1 line 4',
      'TEXT_OVERLONG NOTE 1 line 5',
    ]);
  });

  test('without a header keeps its first row out of the names of its fields', async () => {
    const profile = await profileOf('delimited', ['x.csv', '1,Doe,1980-01-01\n2,Roe,1981-01-01\n']);
    expect(profile.records).toBe(2);
    expect(profile.fields.map(({ path }) => path)).toEqual(['column 1', 'column 2', 'column 3']);
    expect(codesOf(profile)).toEqual(['HEADER_MISSING - 1 line 1']);
  });
});

describe('messages, resources and documents', () => {
  test('are told by the paths of the lineage language', async () => {
    const message = [
      'MSH|^~\\&|LAB|H|EHR|H|202001010800||ORU^R01|1|P|2.5.1',
      'PID|1||77^^^A&1.2.3&ISO^MR~88^^^B||Doe^Jo||1980',
      'OBR|1|9||24^X^LN',
      'OBX|1|NM|8^Y^QQ||5',
      'ZPV|own',
    ].join('\r');
    const profile = await profileOf('hl7v2', ['m.hl7', message]);
    const paths = profile.fields.map(({ path }) => path);
    for (const path of ['PID-3.1', 'PID-3.4.2', 'PID-5.1', 'ZPV-1.1', 'MSH-10.1', 'MSH-9.2'])
      expect(paths).toContain(path);
    expect(fieldOf(profile, 'PID-3.1')).toMatchObject({ populated: 1, values: 2, phi: 'record-number' });
    expect(fieldOf(profile, 'OBR-4.3')?.codeSystems).toEqual([{ name: 'LN', count: 1 }]);
    expect(codesOf(profile)).toEqual(['CODE_SYSTEM_UNKNOWN OBX-3.3 1 message 1']);
  });

  test('of FHIR name extensions by URL and find references to nothing', async () => {
    const url = 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex';
    const lines = [
      {
        resourceType: 'Patient',
        id: 'a',
        name: [{ family: 'Doe' }, { family: 'Roe' }],
        extension: [{ url, valueCode: 'F' }],
      },
      { resourceType: 'Observation', id: 'o', subject: { reference: 'Patient/a' } },
      { resourceType: 'Observation', id: 'o', subject: { reference: 'Patient/b' } },
      { resourceType: 'Observation', id: 'p', performer: [{ reference: 'Practitioner/z' }] },
    ];
    const profile = await profileOf('fhir', ['x.ndjson', lines.map((each) => JSON.stringify(each)).join('\n')]);
    expect(fieldOf(profile, 'Patient.name.family')).toMatchObject({ records: 1, populated: 1, values: 2, phi: 'name' });
    expect(fieldOf(profile, `Patient.extension[${url}].valueCode`)).toMatchObject({ populated: 1 });
    expect(fieldOf(profile, 'Observation.subject.reference')).toMatchObject({ records: 3, populated: 2 });
    expect(codesOf(profile)).toEqual([
      'KEY_DUPLICATE Observation.id 1 resource 3',
      'REFERENCE_ORPHAN Observation.subject.reference 1 resource 3',
    ]);
  });

  test('of C-CDA go by the code of their section', async () => {
    const document =
      '<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2.3" extension="x"/><recordTarget><patientRole>' +
      '<id root="1.2" extension="77"/><patient><name><family>Doe</family></name></patient></patientRole>' +
      '</recordTarget>' +
      '<component><structuredBody><component><section><code code="48765-2" codeSystem="2.16.840.1.113883.6.1"/>' +
      '<text>None <b>known</b></text><entry><act classCode="ACT"/></entry></section></component></structuredBody>' +
      '</component></ClinicalDocument>';
    const profile = await profileOf('ccda', ['d.xml', document]);
    const paths = profile.fields.map(({ path }) => path);
    expect(paths).toContain('recordTarget/patientRole/patient/name/family');
    expect(paths).toContain('section[48765-2]/entry/act/@classCode');
    expect(fieldOf(profile, 'section[48765-2]/text')).toMatchObject({ values: 1, phi: 'free-text' });
    expect(fieldOf(profile, 'section[48765-2]/code/@codeSystem')?.codeSystems).toEqual([
      { name: '2.16.840.1.113883.6.1', count: 1 },
    ]);
  });

  test('that are no such thing are findings and never faults', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('hl7v2', 'fhir', 'ccda', 'delimited'),
        fc.uint8Array({ maxLength: 300 }),
        async (format, bytes) => {
          const profiler = new DatasetProfiler({ format, today: TODAY });
          await profiler.add('x', bytes);
          expect((await profiler.profile()).items).toBe(1);
        },
      ),
    );
  });
});

describe('parts of a dataset', () => {
  const cell = fc.oneof(
    fc.constantFrom('', '01/02/2020', '25/12/2019', '2020-01-01', '007', '7', '1900-01-01', 'Doe', 'a@b.org'),
    fc.string({ maxLength: 6 }).map((text) => text.replaceAll(/[",\r\n]/g, ' ')),
  );
  const extract = fc
    .tuple(
      fc.constantFrom('ID,DOB,NOTE', 'PATIENT_ID,VISIT_DATE,EMAIL'),
      fc.array(fc.tuple(cell, cell, cell), { maxLength: 8 }),
    )
    .map(([header, rows]) => [header, ...rows.map((row) => row.join(','))].join('\n'));

  test('make the same profile in whatever parts they are profiled and merged', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(extract, { minLength: 3, maxLength: 6 }),
        fc.constantFrom(3, 4_000),
        async (items, fieldsMax) => {
          const part = (name: string, spill = memorySpill()) =>
            new DatasetProfiler({ format: 'delimited', today: TODAY, fieldsMax, spill, name });
          const fill = async (into: DatasetProfiler, from: number, to: number) => {
            for (let at = from; at < to; at++) await into.add('t.csv', Buffer.from(items[at] ?? ''), at + 1);
            return into;
          };
          const whole = await fill(part('w'), 0, items.length);
          const spill = memorySpill();
          const parts = async () =>
            [
              await fill(part('a', spill), 0, 1),
              await fill(part('b', spill), 1, 2),
              await fill(part('c', spill), 2, items.length),
            ] as const;
          const [a, b, c] = await parts();
          await a.merge(b);
          await a.merge(c);
          const [d, e, f] = await parts();
          await f.merge(e);
          await f.merge(d);
          const expected = await whole.profile();
          expect(await a.profile()).toEqual(expected);
          expect(await f.profile()).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('go on after a stop as if there had been none', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(extract, { minLength: 2, maxLength: 5 }), async (items) => {
        const options = { format: 'delimited', today: TODAY, spill: memorySpill(), name: 'x' } as const;
        const whole = new DatasetProfiler(options);
        let stopped = new DatasetProfiler(options);
        for (const text of items) {
          await whole.add('t.csv', Buffer.from(text));
          await stopped.add('t.csv', Buffer.from(text));
          stopped = DatasetProfiler.fromJson(stopped.toJson(), options);
        }
        expect(stopped.toJson()).toBe(whole.toJson());
        expect(await stopped.profile()).toEqual(await whole.profile());
      }),
      { numRuns: 60 },
    );
  });
});
