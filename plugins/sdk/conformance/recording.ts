/** What a target of records promises: FHIR R4 or a form of its own, found again by the source key. */
import { FHIR_RECORDS, type Parcel, type Receipt, type Target } from '../target.ts';
import { SOURCE_SYSTEM, sourceKeyOf } from '../source-key.ts';
import { all, equal, fails, holds, joined, once, utf8 } from './expect.ts';
import { stored } from './committing.ts';
import type { Harness, RecordForm } from './harness.ts';
import { never } from './perform.ts';
import { bytesParcel } from './samples.ts';
import { ofRecordsTarget, type Scenario } from './scenario.ts';

/** Longer than the columns that EHRs give to free text. */
const LONG_TEXT_CHARS = 70_000;

type Extra = Readonly<Record<string, unknown>>;

const RECORDS: readonly Scenario[] = ofRecordsTarget(
  {
    name: 'records.reads-back',
    promise: 'a parcel is unseen until it is committed, then every record has an id and reads back',
    run: async ({ target, harness }) => {
      const opened = await target();
      const { parcel, body } = recordsParcel(harness, 'p1', ['k1', 'k2', 'k3']);
      const staged = stored(await opened.stage(parcel, once(body), never()));
      equal(staged.sizeBytes, body.byteLength, 'sizeBytes');
      equal(await opened.stat(parcel, never()), undefined, 'the look-up before the commit');
      if (opened.listing !== undefined)
        equal(await all(opened.listing.records(formOf(harness).type, never())), [], 'listed');
      const receipt = await opened.commit(parcel, staged, never());
      equal(keysOf(receipt), ['k1', 'k2', 'k3'], 'the crosswalk');
      for (const part of receipt.parts ?? [])
        equal(await keyAt(harness, opened, part.targetId), part.key, part.targetId);
    },
  },
  {
    name: 'records.after-restart',
    promise: 'staged records are committed after a restart, and again after another, with the same crosswalk',
    run: async ({ target, harness }) => {
      const { parcel, body } = recordsParcel(harness, 'p1', ['k1', 'k2']);
      const staged = stored(await (await target()).stage(parcel, once(body), never()));
      const receipt = await (await target()).commit(parcel, staged, never());
      const reopened = await target();
      equal((await reopened.commit(parcel, staged, never())).parts, receipt.parts, 'the second receipt');
      const found = await reopened.stat(parcel, never());
      if (found !== undefined) equal(found.parts ?? receipt.parts, receipt.parts, 'the look-up after the commit');
    },
  },
  {
    name: 'records.once',
    promise: 'a record delivered in two parcels is there once',
    run: async ({ target, harness }) => {
      const opened = await target();
      const first = await deliver(opened, recordsParcel(harness, 'p1', ['k1', 'k2']));
      const second = await deliver(opened, recordsParcel(harness, 'p2', ['k2', 'k3']));
      const idOf = (receipt: Receipt, key: string) => receipt.parts?.find((part) => part.key === key)?.targetId;
      equal(idOf(second, 'k2'), idOf(first, 'k2'), 'the id of k2');
      if (opened.listing === undefined) return;
      const listed = await all(opened.listing.records(formOf(harness).type, never()));
      equal(listed.map((each) => each.key).sort(), ['k1', 'k2', 'k3'], 'listed keys');
    },
  },
  {
    name: 'records.long-text',
    promise: 'a long text arrives whole, to its last character',
    needs: ['fhir-records'],
    run: async ({ target }) => {
      const div = `${'naïve — '.repeat(LONG_TEXT_CHARS / 8)}END`;
      equal(
        (await roundTrip(await target(), { text: { div, status: 'additional' } })).text,
        { div, status: 'additional' },
        'text',
      );
    },
  },
  {
    name: 'records.times',
    promise: 'a time keeps its zone and its precision',
    needs: ['fhir-records'],
    run: async ({ target }) => {
      const opened = await target();
      for (const deceasedDateTime of [
        '2024-03-10T02:30:00-05:00',
        '2024-10-27T01:30:00.120+01:00',
        '2024',
        '2024-02',
      ]) {
        equal((await roundTrip(opened, { deceasedDateTime })).deceasedDateTime, deceasedDateTime, 'deceasedDateTime');
      }
    },
  },
  {
    name: 'records.listing',
    promise: 'the listing shows every record with its key, id and content',
    unless: ({ capabilities }) => (capabilities.listing ? undefined : 'listing is not declared'),
    run: async ({ target, harness }) => {
      const opened = await target();
      const { type } = formOf(harness);
      const { parts = [] } = await deliver(opened, recordsParcel(harness, 'p1', ['k1', 'k2']));
      const listed = opened.listing === undefined ? [] : await all(opened.listing.records(type, never()));
      equal(listed.map((each) => each.targetId).sort(), parts.map((each) => each.targetId).sort(), 'ids');
      for (const each of listed) {
        holds(each.content !== undefined, 'a record without content');
        equal(keyIn(harness, each.content), each.key, 'the key in the content');
      }
    },
  },
  {
    name: 'records.by-key',
    promise: 'where it looks records up by key, it shows of these what the listing does, and nothing else',
    unless: ({ capabilities }) => (capabilities.listing ? undefined : 'listing is not declared'),
    needs: ['by-key'],
    run: async ({ target, harness }) => {
      const opened = await target();
      const { type } = formOf(harness);
      const { listing } = opened;
      await deliver(opened, recordsParcel(harness, 'p1', ['k1', 'k2', 'k3']));
      holds(listing?.recordsByKey !== undefined, 'it looks none up, and the harness does not say under `cannot` why');
      const listed = (await all(listing.records(type, never()))).filter(({ key }) => key !== 'k2');
      const found = await all(listing.recordsByKey(type, ['k1', 'k3', 'nobody'], never()));
      const line = ({ key, targetId }: { readonly key?: string | undefined; readonly targetId: string }) =>
        `${key} ${targetId}`;
      equal(found.map(line).sort(), listed.map(line).sort(), 'found by key');
    },
  },
);

/** What a target that has charts shows in them. */
const CHARTS: readonly Scenario[] = ofRecordsTarget(
  {
    name: 'records.chart',
    promise: 'where it shows the chart of a patient, it shows what hangs on this one, and the newest medication first',
    unless: ({ capabilities }) => (capabilities.charts ? undefined : 'charts is not declared'),
    needs: ['fhir-records'],
    run: async ({ target }) => {
      const opened = await target();
      const patients = await deliver(
        opened,
        shipmentOf(FHIR_FORM, 'patients', [FHIR_FORM.line('k1', ''), FHIR_FORM.line('k2', '')]),
      );
      await deliver(
        opened,
        shipmentOf(FHIR_FORM, 'charts', [
          ...[prescription('m1', 'k1', '2020-05-01'), prescription('m2', 'k1', '2024-05-01')],
          ...[prescription('m3', 'k2', '2022-05-01'), prescription('m4', 'k1', '2022-05-01')],
          ...[statement('s1', 'k1', '2024-03-01T08:00:00+02:00'), statement('s2', 'k1', '2024-03-01T08:00:00-02:00')],
          ...[allergy('a1', 'k1'), allergy('a2', 'k2')],
        ]),
      );
      const { chart } = opened.listing ?? {};
      if (chart === undefined) throw new Error('it declares charts and shows none');
      const idOf = (key: string): string => patients.parts?.find((part) => part.key === key)?.targetId ?? '';
      const shown = async (targetId: string) =>
        (await all(chart(targetId, TYPES_SHOWN, never()))).map(({ key }) => key);
      equal(await shown(idOf('k1')), ['m2', 'm4', 'm1', 's2', 's1', 'a1'], 'the chart of k1');
      equal(await shown(idOf('k2')), ['m3', 'a2'], 'the chart of k2');
      await fails('ITEM_NOT_FOUND', () => all(chart('Patient/nobody', ['Condition'], never())), 'the chart of nobody');
    },
  },
  {
    name: 'records.no-chart',
    promise: 'a target that does not declare charts shows none',
    unless: ({ capabilities }) => (capabilities.charts ? 'charts is declared' : undefined),
    run: async ({ target }) => holds((await target()).listing?.chart === undefined, 'it shows them'),
  },
);

const TYPES_SHOWN = ['MedicationRequest', 'MedicationStatement', 'AllergyIntolerance', 'Condition'];

const ofPatient = (key: string) => ({ identifier: { system: SOURCE_SYSTEM, value: key } });
const record = (resourceType: string, key: string) => ({
  resourceType,
  identifier: [{ system: SOURCE_SYSTEM, value: key }],
});

function prescription(key: string, patient: string, authoredOn: string): object {
  const what = { status: 'active', intent: 'order', medicationCodeableConcept: { text: key } };
  return { ...record('MedicationRequest', key), ...what, subject: ofPatient(patient), authoredOn };
}

function statement(key: string, patient: string, effectiveDateTime: string): object {
  const what = { status: 'active', medicationCodeableConcept: { text: key } };
  return { ...record('MedicationStatement', key), ...what, subject: ofPatient(patient), effectiveDateTime };
}

function allergy(key: string, patient: string): object {
  return { ...record('AllergyIntolerance', key), patient: ofPatient(patient) };
}

/** A shape that is not declared is refused. */
const SHAPES: readonly Scenario[] = [
  {
    name: 'shapes.no-bytes',
    promise: 'where it takes records only, bytes are refused with UNSUPPORTED',
    unless: (it) => (it.capabilities.shapes.join() === 'records' ? undefined : 'it takes bytes too, or no records'),
    run: async ({ target }) => {
      const opened = await target();
      const parcel = bytesParcel('a', utf8('x'));
      await fails('UNSUPPORTED', () => opened.stage(parcel, once(utf8('x')), never()), 'stage');
    },
  },
  {
    name: 'shapes.no-records',
    promise: 'where it takes bytes only, records are refused with UNSUPPORTED',
    unless: (it) => (it.capabilities.shapes.join() === 'bytes' ? undefined : 'it takes records too, or no bytes'),
    run: async ({ target, harness }) => {
      const opened = await target();
      const { parcel, body } = recordsParcel(harness, 'p1', ['k1']);
      await fails('UNSUPPORTED', () => opened.stage(parcel, once(body), never()), 'stage');
    },
  },
];

export const RECORDING: readonly Scenario[] = [...RECORDS, ...CHARTS, ...SHAPES];

interface Shipment {
  readonly parcel: Parcel;
  readonly body: Uint8Array;
}

async function deliver(target: Target, { parcel, body }: Shipment): Promise<Receipt> {
  return target.commit(parcel, stored(await target.stage(parcel, once(body), never())), never());
}

async function roundTrip(target: Target, extra: Extra): Promise<Extra> {
  const key = `k-${JSON.stringify(extra).length}-${JSON.stringify(extra)
    .slice(-30, -2)
    .replace(/[^0-9A-Za-z]/g, '')}`;
  const line = { ...FHIR_FORM.line(key, ''), ...extra };
  const { targetId, parts } = await deliver(target, shipmentOf(FHIR_FORM, `of-${key}`, [line]));
  const content = await joined(target.read(parts?.[0]?.targetId ?? targetId, 0, never()));
  return JSON.parse(new TextDecoder().decode(content)) as Extra;
}

/** A parcel of records with these keys, in the form the harness gives them. */
export function recordsParcel(harness: Harness, name: string, keys: readonly string[], note = 'a record'): Shipment {
  const form = formOf(harness);
  return shipmentOf(
    form,
    name,
    keys.map((key) => form.line(key, note)),
  );
}

export function formOf({ records = FHIR_FORM }: Harness): RecordForm {
  return records;
}

const FHIR_FORM: RecordForm = {
  mediaType: FHIR_RECORDS,
  type: 'Patient',
  line: (key, note) => ({
    resourceType: 'Patient',
    identifier: [{ system: SOURCE_SYSTEM, value: key }],
    ...(note === '' ? {} : { name: [{ text: note }] }),
    birthDate: '1970-01-01',
  }),
  keyIn: (content) => {
    return sourceKeyOf(content as { readonly resourceType: string });
  },
};

function shipmentOf({ mediaType }: RecordForm, name: string, lines: readonly object[]): Shipment {
  const body = utf8(`${lines.map((line) => JSON.stringify(line)).join('\n')}\n`);
  const { byteLength: sizeBytes } = body;
  return { parcel: { key: name, path: `${name}.csv`, shape: 'records', mediaType, sizeBytes }, body };
}

async function keyAt(harness: Harness, target: Target, targetId: string): Promise<string | undefined> {
  return keyIn(harness, await joined(target.read(targetId, 0, never())));
}

function keyIn(harness: Harness, content: Uint8Array): string | undefined {
  return formOf(harness).keyIn(JSON.parse(new TextDecoder().decode(content)) as object);
}

function keysOf(receipt: Receipt): readonly string[] {
  return (receipt.parts ?? []).map((part) => part.key);
}
