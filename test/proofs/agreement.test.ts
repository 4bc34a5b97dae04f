import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EQUIVALENCES } from '../../proofs/agreement/equivalences.ts';
import { allOf, type Said } from '../../proofs/agreement/facts.ts';
import { measure, notShown, passes } from '../../proofs/agreement/measure.ts';
import { agreementOf } from '../../proofs/agreement/tally.ts';
import type { Departure } from '../../records/lineage/language.ts';
import { bundleOf, saidOf, tallyOf } from '../support/agreement.ts';
import { SAMPLES } from '../support/samples.ts';

const PATIENT = {
  resourceType: 'Patient',
  id: 'a',
  meta: { lastUpdated: '2020-01-01T00:00:00Z' },
  text: { status: 'generated', div: '<div/>' },
  name: [{ family: ' Doe  Roe', given: ['Ann', 'Bea'] }],
  deceasedDateTime: '2020-01-01T12:00:00+02:00',
};

describe('the facts of a resource', () => {
  test('are its paths and values without ids, narrative and the order of lists', () => {
    const [said] = saidOf({ ...PATIENT, name: [{ given: ['Bea'] }, { given: ['Ann'], family: 'Doe Roe' }] });
    const [expected] = saidOf(PATIENT);
    const sorted = (each?: Said) =>
      each === undefined
        ? []
        : allOf(each)
            .map(({ path, value }) => [path, value])
            .sort();
    expect(sorted(said)).toEqual(sorted(expected));
    expect([...(said?.facts.keys() ?? [])].sort()).toEqual(['deceasedDateTime', 'name.family', 'name.given']);
  });

  test('are moments where a time has an offset, and keep their precision where it has none', () => {
    const moment = { ...PATIENT, deceasedDateTime: '2020-01-01T10:00:00.000Z' };
    expect(tallyOf(bundleOf(PATIENT), [moment]).total).toMatchObject({ expected: 4, found: 4 });
    const day = { ...PATIENT, deceasedDateTime: '2020-01-01' };
    expect(tallyOf(bundleOf(PATIENT), [day]).total).toMatchObject({ found: 3, different: 1 });
  });

  test('say of a reference which type of resource it leads to, and nothing of the key it is made under', () => {
    const encounter = { resourceType: 'Encounter', subject: { reference: 'urn:uuid:0' }, status: 'unknown' };
    const source = { system: 'urn:waybill:source', value: 'enc:1' };
    const subject = { type: 'Patient', identifier: { system: 'urn:waybill:source', value: 'mrn:1' } };
    const ours = { resourceType: 'Encounter', identifier: [source], subject, status: 'unknown' };
    const { total } = tallyOf(bundleOf(PATIENT, encounter), [PATIENT, ours]);
    expect(total).toMatchObject({ expected: 6, found: 6, extra: 0 });
  });

  test('are the same in XML', () => {
    const xml = `<Bundle xmlns="http://hl7.org/fhir"><entry><fullUrl value="x"/><resource><Patient><id value="a"/>
      <text><div xmlns="http://www.w3.org/1999/xhtml"><p>Ann</p></div></text>
      <extension url="http://e.example"><valueString value="1"/></extension>
      <name><family value="Doe Roe"/><given value="Ann"/><given value="Bea"/></name>
      </Patient></resource></entry></Bundle>`;
    const ours = {
      ...PATIENT,
      deceasedDateTime: undefined,
      extension: [{ url: 'http://e.example', valueString: '1' }],
    };
    expect(tallyOf(xml, [ours]).total).toMatchObject({ expected: 5, found: 5, extra: 0 });
  });
});

describe('the tally', () => {
  test('counts every expected fact once and every fact made once, whatever the two sides say', () => {
    const words = fc.constantFrom('a', 'b', 'c');
    const patients = fc.array(
      fc.record({ resourceType: fc.constant('Patient'), gender: words, name: fc.array(fc.record({ family: words })) }),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(patients, patients, (expected, ours) => {
        const { total } = tallyOf(bundleOf(...expected), ours);
        const size = (list: typeof expected) => list.reduce((sum, { name }) => sum + 1 + name.length, 0);
        expect(total.found + total.missing + total.different).toBe(size(expected));
        expect(total.found + total.extra + total.different).toBe(size(ours));
        expect(tallyOf(bundleOf(...expected), expected).total.found).toBe(size(expected));
      }),
    );
  });

  test('matches resources by what tells them apart', () => {
    const place = (name: string, kind: string) => ({ resourceType: 'Location', mode: 'instance', status: kind, name });
    const places = [place('W', 'x'), place('R', 'x'), place('B', 'x')];
    const { total } = tallyOf(bundleOf(...places), [place('B', 'y'), place('R', 'y'), place('W', 'y')]);
    expect(total).toMatchObject({ expected: 9, found: 6, different: 3 });
  });

  test('sets aside what a departure explains, by field, kind, origin and how the value begins', () => {
    const ours = { ...PATIENT, name: [{ family: 'Poe', given: ['Ann', 'Bea', 'Cy'] }] };
    const reason = 'a reason';
    const explained = (departure: Partial<Departure>) => {
      const whole: Departure = { field: 'Patient.name', from: '*', kind: 'different', reason, ...departure };
      const { total } = tallyOf(bundleOf(PATIENT), [ours], [whole]);
      return [total.setAside, total.unexplained];
    };
    expect(explained({})).toEqual([1, 1]);
    expect(explained({ field: '//family' })).toEqual([1, 1]);
    expect(explained({ field: 'Patient' })).toEqual([1, 1]);
    expect(explained({ startsWith: 'Doe' })).toEqual([1, 1]);
    expect(explained({ kind: 'extra' })).toEqual([0, 1]);
    for (const none of [{ field: 'Patient.nam' }, { from: 'cdc' }, { startsWith: 'Roe' }] as const) {
      expect(explained(none)).toEqual([0, 2]);
    }
    // What a segment says, whatever else the resource has of others.
    const message = 'MSH|^~\\&|A\rPID|1||7||Doe Roe^Ann\rNK1|1|Poe^Eve\r';
    const of = (...segments: string[]) =>
      tallyOf(
        bundleOf(PATIENT),
        [ours],
        [{ field: 'Patient.name', from: '*', kind: 'different', segments, reason }],
        [],
        message,
      ).total.setAside;
    expect([of('PID'), of('NK1')]).toEqual([1, 0]);
    const { total } = tallyOf(bundleOf(PATIENT), [ours], [{ field: 'Patient', from: '*', kind: 'different', reason }]);
    expect(agreementOf(total)).toEqual({ raw: 3 / 4, same: 3 / 4, programme: 3 / 4, explained: 1 });
  });
});

(SAMPLES === undefined ? describe.skip : describe)('the published expectations', () => {
  const HELD = ['ADT', 'DFT', 'MDM', 'OML', 'ORM', 'ORU', 'RDE', 'SIU', 'VXU'];
  let measured: Awaited<ReturnType<typeof measure>> = [];

  beforeAll(async () => {
    measured = await measure(SAMPLES ?? '', () => true);
  });

  test('are read, whatever form they have, and a type without a map lacks all of it', () => {
    expect(measured.length).toBeGreaterThan(10);
    for (const { map, tally } of measured) {
      expect(tally.total.expected).toBeGreaterThan(0);
      if (map === undefined) expect(tally.total).toMatchObject({ found: 0, same: 0 });
    }
    const documents = measured.filter(({ type }) => type === 'C-CDA');
    expect(documents.map(({ map }) => map?.name)).toEqual(['ccd-to-fhir']);
    // Every difference of the documents has a reason, every reason shows a difference, and most is no difference.
    expect(documents.every(passes)).toBe(true);
    expect(notShown(measured).filter(({ map }) => map === 'ccd-to-fhir')).toEqual([]);
    for (const { tally } of documents) expect(agreementOf(tally.total).raw).toBeGreaterThan(0.75);
  });

  test.each(HELD)('%s messages agree, or differ for a reason that stands in the map', (type) => {
    const ofType = measured.filter((each) => each.type.startsWith(type));
    expect(ofType).not.toEqual([]);
    expect(ofType.map((each) => [each.type, passes(each)])).toEqual(ofType.map((each) => [each.type, true]));
    const maps = new Set(ofType.map(({ map }) => map?.name));
    expect(notShown(measured).filter(({ map }) => maps.has(map))).toEqual([]);
  });

  test('no reason passes over a whole type, whatever segment says it', () => {
    const maps = new Set(measured.flatMap(({ map }) => (map === undefined ? [] : [map])));
    const whole = [...maps].flatMap(({ name, departures = [] }) =>
      departures
        .filter(({ field, kind }) => kind === 'missing' && /^[A-Z][A-Za-z]+$/.test(field))
        .filter(({ segments, startsWith }) => (segments ?? startsWith) === undefined)
        .map(({ field }) => `${name} ${field}`),
    );
    const told = [...new Set(whole)].sort();
    expect(told).toEqual([]);
  });

  // A reason explains any value of its field: what must not become less is said beside it, in thousandths.
  test.each([
    ['ADT^A01', 638, 721, 721, 989],
    ['ADT^A02', 701, 787, 787, 989],
    ['ADT^A03', 694, 794, 794, 987],
    ['ADT^A04', 693, 793, 793, 986],
    ['ADT^A08', 694, 794, 794, 987],
    ['ADT^A28', 711, 813, 813, 986],
    ['ADT^A40', 212, 212, 212, 1000],
    ['C-CDA', 776, 829, 829, 998],
    ['DFT^P03', 582, 638, 680, 985],
    ['MDM^T02', 14, 37, 710, 960],
    ['OML^O21', 160, 186, 740, 991],
    ['ORM^O01', 117, 168, 580, 976],
    ['ORU^R01', 94, 133, 401, 950],
    ['RDE^O11', 46, 64, 607, 985],
    ['SIU^S12', 554, 628, 628, 961],
    ['VXU^V04', 59, 99, 727, 974],
  ])('%s: no share has become less than it was', (type, raw, same, programme, carried) => {
    const ofType = measured.filter((each) => each.type === type);
    const [share] = ofType.map(({ tally }) => agreementOf(tally.total));
    expect((ofType[0]?.account.share ?? 0) * 1000).toBeGreaterThanOrEqual(carried);
    expect((share?.raw ?? 0) * 1000).toBeGreaterThanOrEqual(raw);
    expect((share?.same ?? 0) * 1000).toBeGreaterThanOrEqual(same);
    expect((share?.programme ?? 0) * 1000).toBeGreaterThanOrEqual(programme);
  });

  test('each type has such figures, and each equivalence is met somewhere', () => {
    expect(measured).toHaveLength(16);
    const met = new Set(measured.flatMap(({ tally }) => [...tally.equivalences.keys()]));
    expect([...met].sort()).toEqual(EQUIVALENCES.map(({ name }) => name).sort());
  });
});
