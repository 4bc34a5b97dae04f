import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Account } from '../../proofs/agreement/account.ts';
import { saidIn } from '../../proofs/agreement/bundle.ts';
import { Carried } from '../../proofs/agreement/carried.ts';
import { Judge } from '../../proofs/agreement/classes.ts';
import { Comparison } from '../../proofs/agreement/compare.ts';
import { allOf, factsOf, type Element, type Said } from '../../proofs/agreement/facts.ts';
import { formsOf } from '../../proofs/agreement/forms.ts';
import { Images } from '../../proofs/agreement/images.ts';
import { mended } from '../../proofs/agreement/mend.ts';
import { pairsIn } from '../../proofs/agreement/pairs.ts';
import { Programme } from '../../proofs/agreement/programme.ts';
import { statedIn } from '../../proofs/agreement/source.ts';
import { compileLineage } from '../../records/lineage/compile.ts';
import { parseLineage } from '../../records/lineage/parse.ts';
import { Tracer, type TracedUnit } from '../../records/lineage/trace.ts';
import { bundleOf } from '../support/agreement.ts';
import { SAMPLES } from '../support/samples.ts';

const MESSAGE = [
  'MSH|^~\\&|SENDER|SOUTHWING|||20240102030405-0500||ADT^A01|M-1|P|2.5.1',
  'PID|1||P-100^^^NORTH^MR||Roe^Ann||19800102|F|||5 Low Street^^Oldtown||555-0100-22',
  'NK1|1|Roe^Bob|FTH',
].join('\r');

const MAP = `
name: judged
version: 1.0.0
format: hl7v2
messages: [ADT^A01]
critical: []
codeMaps:
  gender:
    from: table 0001
    to: http://hl7.org/fhir/administrative-gender
    codes: { F: { code: female, equivalence: equivalent } }
records:
  - type: Patient
    key: 'mrn:{PID-3.1}'
    rules:
      - { do: trim, to: 'identifier[0].value', from: PID-3.1 }
      - { do: trim, to: 'name[0].family', from: PID-5.1 }
      - { do: trim, to: 'name[0].given[0]', from: PID-5.2 }
      - { do: code, to: gender, from: PID-8, map: gender }
      - { do: date, to: birthDate, from: PID-7, shapes: [hl7], as: date }
      - { do: trim, to: 'telecom[0].value', from: PID-13 }
`;

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** What a map of six rules makes of the message, held against what somebody else is said to have published. */
async function judged(...published: readonly object[]): Promise<{ classes: Record<string, string>; account: Account }> {
  const parsed = parseLineage(MAP, new Map());
  if (!parsed.ok) throw new Error(parsed.refusals.map(({ message }) => message).join('; '));
  const units: TracedUnit[] = [];
  const bytes = Buffer.from(MESSAGE);
  const made: Said[] = [];
  const lineage = compileLineage(parsed.value, new Tracer((unit) => units.push(unit)));
  for await (const { type, resource } of lineage.map('message', once(bytes))) {
    made.push(factsOf({ resourceType: type, ...(resource as Element) }, () => undefined));
  }
  const carried = new Carried();
  for (const unit of units) carried.add(unit, () => true);
  const stated = await statedIn({ format: 'hl7v2' }, bytes);
  const expected = saidIn(bundleOf(...published));
  const comparison = new Comparison(expected, { said: made, find: () => undefined });
  const judge = new Judge({ comparison, stated, carried, images: new Images('', [parsed.value]) });
  const account = new Account();
  account.add(expected, judge, { stated, carried });
  const classes = expected.said.flatMap((said) =>
    allOf(said).map((fact) => [`${said.type}.${fact.path}=${fact.value}`, judge.of(fact, said).class]),
  );
  return { classes: Object.fromEntries(classes), account };
}

const PATIENT = {
  resourceType: 'Patient',
  identifier: [{ value: 'P-100' }],
  name: [{ family: 'Roe', given: ['Ann'] }],
};

describe('a published fact', () => {
  test('is the same where the map says it, in another form where it is spelled otherwise', async () => {
    const { classes } = await judged({ ...PATIENT, gender: 'female', telecom: [{ value: '(555) 010-023' }] });
    expect(classes).toEqual({
      'Patient.identifier.value=P-100': 'same',
      'Patient.name.family=Roe': 'same',
      'Patient.name.given=Ann': 'same',
      'Patient.gender=female': 'same',
      'Patient.telecom.value=(555) 010-023': 'wrong',
    });
    const spelled = await judged({ ...PATIENT, telecom: [{ value: '(555) 0100 22' }] });
    expect(spelled.classes['Patient.telecom.value=(555) 0100 22']).toBe('form');
  });

  test('is elsewhere where the same value of the same field stands in another element', async () => {
    const { classes } = await judged(PATIENT, { resourceType: 'Basic', identifier: [{ value: '555-0100-22' }] });
    expect(classes['Basic.identifier.value=555-0100-22']).toBe('elsewhere');
  });

  test('is missing where the source states it and no rule takes it', async () => {
    const { classes } = await judged({
      ...PATIENT,
      address: [{ city: 'Oldtown' }],
      contact: [{ name: { given: ['Bob'] } }],
    });
    expect(classes['Patient.address.city=Oldtown']).toBe('missing');
    expect(classes['Patient.contact.name.given=Bob']).toBe('missing');
  });

  test('is invented where the source states it nowhere, and of the envelope where the interface does', async () => {
    const { classes, account } = await judged(
      { ...PATIENT, active: true, meta: { profile: ['http://example.com/Patient'] } },
      { resourceType: 'MessageHeader', source: { name: 'SOUTHWING' } },
    );
    expect(classes['Patient.active=true']).toBe('invented');
    expect(classes['Patient.meta.profile=http://example.com/Patient']).toBe('invented');
    expect(classes['MessageHeader.source.name=SOUTHWING']).toBe('envelope');
    // Neither counts as a fact of the source.
    expect(account).toMatchObject({ stated: 3, carried: 3, share: 1 });
  });

  test('is wrong where it contradicts what the source states of the same element', async () => {
    const { classes } = await judged({ ...PATIENT, birthDate: '1981-02-03' });
    expect(classes['Patient.birthDate=1981-02-03']).toBe('wrong');
  });

  test('counts against a map that leaves it out, and values of the source are told by who carries them', async () => {
    const { account } = await judged({ ...PATIENT, address: [{ city: 'Oldtown' }] });
    expect(account).toMatchObject({ stated: 4, carried: 3 });
    expect(account.values.onlyTheirs).toBe(1);
    expect(account.values.both).toBe(3);
    expect(account.values.onlyOurs).toBe(3);
  });
});

describe('the forms of a value', () => {
  test('are those declared: a telephone by its digits, a moment by its offset, a system by its names', () => {
    const meet = (one: string, other: string, offsets: readonly number[] = [0]) =>
      formsOf(one, offsets).some((form) => formsOf(other, offsets).includes(form));
    expect(meet('(608) 271-9001', '608.271.9001')).toBe(true);
    expect(meet('20240102030405-0500', `moment ${Date.parse('2024-01-02T08:04:05Z')}`)).toBe(true);
    expect(meet('20240102030405', `moment ${Date.parse('2024-01-02T08:04:05Z')}`, [-300])).toBe(true);
    expect(meet('20240102030405', `moment ${Date.parse('2024-01-02T08:04:05Z')}`)).toBe(false);
    expect(meet('2.16.840.1', 'urn:oid:2.16.840.1')).toBe(true);
    expect(meet('LN', 'http://loinc.org')).toBe(true);
    expect(meet('1.50', '1.5')).toBe(true);
    for (const [one, other] of [
      ['Roe', 'Row'],
      ['19800102', '1980-01-03'],
      ['555-0100', '555-0101'],
      ['1', '2'],
    ] as const) {
      expect(meet(one, other)).toBe(false);
    }
  });
});

(SAMPLES === undefined ? describe.skip : describe)('a source with something put in', () => {
  let refused: readonly string[] = [];

  beforeAll(async () => {
    const pairs = (await pairsIn(SAMPLES ?? '')).filter(({ name }) => /MDM[-_]T02/.test(name));
    const programme = new Programme(['MDM^T02']);
    const made = pairs.map(
      async (pair) => (await programme.makeOf(pair, 'MDM^T02', readFileSync(pair.source))).problems,
    );
    refused = (await Promise.all(made)).flat();
  });

  test('is refused as it is published, and only there has anything been put in', () => {
    expect(refused.map((problem) => problem.split(': ')[1])).toEqual([
      'ATTACHMENT_INVALID message 1 OBX[4]-5',
      'DOCUMENT_MISSING message 1 OBX[2]-2',
    ]);
    const whole = readFileSync(join(SAMPLES ?? '', 'hl7v2/ms-pairs/ADT-A01-01.hl7'), 'utf8');
    expect(mended('hl7v2/ms-pairs/ADT-A01-01.hl7', whole)).toEqual({ text: whole, what: undefined });
  });
});
