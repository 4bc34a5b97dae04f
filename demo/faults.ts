/** The faults of the demonstration: what is wrong, where it happens, and how the sandboxes make it happen. */
import type { FlightFault } from '../plugins/peers/sftp-server.ts';
import { type FaultPlan, tokensOf, type Resource, type WriteFault } from '../plugins/peers/fhir-store.ts';

export interface PlantedFault {
  readonly category: string;
  readonly where: 'source' | 'flight' | 'target';
  readonly dataset: string;
  /** The item it touches; `null` when it touches none of the source's. */
  readonly item: string | null;
}

/** What is planted. Only tests read this list: Waybill itself finds out. */
export const PLANTED: readonly PlantedFault[] = [
  { category: 'duplicate-patient', where: 'source', dataset: 'demographics', item: 'csv/patients-002.csv' },
  { category: 'content-implausible', where: 'source', dataset: 'demographics', item: 'csv/patients-003.csv' },
  { category: 'schema-invalid', where: 'source', dataset: 'encounters', item: 'hl7/adt/ADT000012.hl7' },
  { category: 'sequence-gap', where: 'source', dataset: 'interface-queues', item: 'hl7/queue/outbound-2.hl7' },
  { category: 'unreadable', where: 'source', dataset: 'scanned-documents', item: 'documents/1/scan 104.pdf' },
  { category: 'attachment-not-found', where: 'source', dataset: 'scanned-documents', item: 'documents/2/index.csv' },
  { category: 'orphan', where: 'source', dataset: 'scanned-documents', item: 'documents/3/scan 399.pdf' },
  { category: 'conflicting-allergy', where: 'source', dataset: 'allergies', item: 'fhir/AllergyIntolerance-1.ndjson' },
  { category: 'digest-mismatch', where: 'flight', dataset: 'scanned-documents', item: 'documents/4/scan 407.pdf' },
  { category: 'digest-mismatch', where: 'target', dataset: 'summaries', item: 'ccda/ccd-1010.xml' },
  { category: 'truncation', where: 'target', dataset: 'demographics', item: 'csv/patients-004.csv' },
  {
    category: 'code-translation-mismatch',
    where: 'target',
    dataset: 'allergies',
    item: 'fhir/AllergyIntolerance-0.ndjson',
  },
  { category: 'duplicate-record', where: 'target', dataset: 'medications', item: 'fhir/MedicationRequest-0.ndjson' },
  { category: 'missing-record', where: 'target', dataset: 'problems', item: 'fhir/Condition-0.ndjson' },
  { category: 'timestamp-shift', where: 'target', dataset: 'lab-results', item: 'hl7/oru/ORU000021.hl7' },
  { category: 'value-mismatch', where: 'target', dataset: 'lab-results', item: 'hl7/oru/ORU000034.hl7' },
  { category: 'precision-loss', where: 'target', dataset: 'lab-results', item: 'hl7/oru/ORU000077.hl7' },
  { category: 'unexpected-record', where: 'target', dataset: 'lab-results', item: null },
  // The lost problem and the document that did not move: the charts of their patients landed without them.
  { category: 'incomplete-chart', where: 'target', dataset: 'demographics', item: null },
  { category: 'incomplete-chart', where: 'flight', dataset: 'demographics', item: null },
];

const SHIFT_HOURS = 5;
const NAME_CHARS_KEPT = 4;
/** A survey opens an item, then the manifest. */
const HONEST_OPENINGS = 2;

/** The link: the survey and the manifest read this scan as it is; from the third reading on, one byte differs. */
export const flightFault: FlightFault = (path, opening, offset, bytes) => {
  if (opening <= HONEST_OPENINGS || offset > 0 || !path.endsWith('documents/4/scan 407.pdf')) return bytes;
  const changed = Buffer.from(bytes);
  changed[20] = (changed[20] ?? 0) ^ 0x01;
  return changed;
};

/** The target's document store changes one character of one summary. */
export function corruptDocument(_id: string, contentType: string, chunk: Buffer): Buffer {
  const at = contentType.includes('xml') ? chunk.indexOf('extension="CCD1010"') : -1;
  if (at < 0) return chunk;
  const changed = Buffer.from(chunk);
  changed.write('CCD1011', at + 'extension="'.length);
  return changed;
}

/** The target's resource store: each fault strikes once. The patient `truncatedMrn` is in the fourth extract. */
export function targetFaults(truncatedMrn: string): FaultPlan {
  const faults = new Map<string, WriteFault>([
    [`Patient|mrn:${truncatedMrn}`, { kind: 'change', change: withShortName }],
    ['AllergyIntolerance|AllergyIntolerance:al00003', { kind: 'change', change: withOtherCode }],
    ['MedicationRequest|MedicationRequest:me00007', { kind: 'duplicate' }],
    ['Condition|Condition:co00009', { kind: 'lose' }],
    ['Observation|obs:ORU000021:1:1', { kind: 'change', change: withShiftedTime }],
    ['Observation|obs:ORU000034:1:2', { kind: 'change', change: withOtherValue }],
    ['Observation|obs:ORU000077:1:1', { kind: 'change', change: withFewerDigits }],
    ['Observation|obs:ORU000040:1:3', { kind: 'accompany', extra: asStranger }],
  ]);
  return (resource) => {
    for (const { value } of tokensOf(resource)) {
      const key = `${resource.resourceType}|${value}`;
      const fault = faults.get(key);
      if (fault && faults.delete(key)) return fault;
    }
    return undefined;
  };
}

function withShortName(resource: Resource): Resource {
  const [name, ...others] = resource['name'] as unknown as readonly { readonly family: string }[];
  return { ...resource, name: [{ ...name, family: name?.family.slice(0, NAME_CHARS_KEPT) ?? '' }, ...others] };
}

function withOtherCode(resource: Resource): Resource {
  const code = resource['code'] as unknown as {
    readonly coding: readonly { readonly code: string }[];
    readonly text: string;
  };
  const [coding, ...others] = code.coding;
  return { ...resource, code: { ...code, coding: [{ ...coding, code: '9999999' }, ...others] } };
}

function withShiftedTime(resource: Resource): Resource {
  const at = Date.parse(String(resource['effectiveDateTime'])) + SHIFT_HOURS * 3_600_000;
  return { ...resource, effectiveDateTime: new Date(at).toISOString().replace('.000Z', '+00:00') };
}

function withOtherValue(resource: Resource): Resource {
  return withValue(resource, (value) => value + 10);
}

/** As a server does that keeps numbers as doubles: 12.0 is 12 to it. */
function withFewerDigits(resource: Resource): Resource {
  return withValue(resource, (value) => value);
}

function withValue(resource: Resource, change: (value: number) => number): Resource {
  const quantity = resource['valueQuantity'] as unknown as { readonly value: unknown };
  // A number that keeps its digits is none to reckon with.
  const value = change(Number(JSON.stringify(quantity.value)));
  return { ...resource, valueQuantity: { ...quantity, value } };
}

function asStranger(resource: Resource): Resource {
  return { ...resource, identifier: [{ system: 'urn:waybill:source', value: 'obs:ORU999999:1:1' }] };
}
