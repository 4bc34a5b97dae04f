/** What HL7 v2 messages hide: documents in OBX-5, note versions, orders, results and answers (HL7 v2.5.1). */
import { type Delimiters, readDelimiters, STANDARD_DELIMITERS } from '../hl7v2/delimiters.ts';
import type { HiddenCount } from './hidden.ts';
import { isRelativePath } from './paths.ts';
import { segments } from './segments.ts';

/** Message types that place orders (chapter 4); what answers an order is `ORR`, `ORL` and the like. */
const ORDERS: ReadonlySet<string> = new Set(['ORM', 'OMG', 'OML', 'OMI', 'OMD', 'OMS', 'OMN', 'OMP', 'OMB', 'RDE']);
const RESULTS: ReadonlySet<string> = new Set(['ORU', 'OUL', 'OPU', 'OSU']);
/** Events of MDM (chapter 9.5): T05 and T06 add to a document, T07 to T10 edit or replace it. */
const ADDENDA: ReadonlySet<string> = new Set(['T05', 'T06']);
const VERSIONS: ReadonlySet<string> = new Set(['T07', 'T08', 'T09', 'T10']);
const DICOM = /dicom/i;

/** The message that the segments being read belong to. */
interface Reading {
  readonly seen: HiddenCount;
  readonly delimiters: Delimiters;
  readonly message: number;
  readonly type: string;
  readonly event: string;
}

export async function seeHl7(chunks: AsyncIterable<Uint8Array>, seen: HiddenCount): Promise<void> {
  let reading: Reading = { seen, delimiters: STANDARD_DELIMITERS, message: 0, type: '', event: '' };
  for await (const segment of segments(chunks)) {
    if (segment.startsWith('MSH')) reading = header(reading, segment);
    else SEGMENTS[segment.slice(0, 3)]?.(reading, segment.split(reading.delimiters.field));
  }
}

const SEGMENTS: Readonly<Record<string, (reading: Reading, fields: readonly string[]) => void>> = {
  MSA: seeAnswer,
  OBX: seeValue,
  TXA: seeDocument,
  ORC: seeOrder,
  OBR: seeResult,
  IPC: ({ seen }) => seen.count('imaging-reference'),
  // The study a message belongs to, by the profile of IHE.
  ZDS: ({ seen }) => seen.count('imaging-reference'),
};

function header({ seen, message }: Reading, segment: string): Reading {
  const delimiters = readDelimiters(segment) ?? STANDARD_DELIMITERS;
  const fields = segment.split(delimiters.field);
  const [type = '', event = ''] = (fields[8] ?? '').split(delimiters.component);
  // MSH-15 and MSH-16: whoever sends it wants to know that it arrived, or what became of it.
  const isAwaiting = [fields[14], fields[15]].includes('AL') && type !== 'ACK';
  if (isAwaiting) {
    seen.count('message-awaiting-answer');
    seen.link('answer', 'needs', fields[9] ?? '');
  }
  return { seen, delimiters, message: message + 1, type, event };
}

function seeAnswer({ seen, message }: Reading, fields: readonly string[]): void {
  seen.count('acknowledgement');
  seen.link('answer', 'holds', fields[2] ?? '');
  if (['AE', 'AR', 'CE', 'CR'].includes(fields[1] ?? '')) seen.note('MESSAGE_REFUSED', `message ${message} MSA-1`);
}

/** OBX-2 ED holds a document (2.A.24), RP points at one (2.A.65). */
function seeValue({ seen, delimiters, message }: Reading, fields: readonly string[]): void {
  const [kind, number, value = ''] = [fields[2], fields[1] || '1', fields[5]];
  if (kind !== 'ED' && kind !== 'RP') return;
  for (const each of value.split(delimiters.repetition)) {
    const components = each.split(delimiters.component);
    const [, type = '', subtype = ''] = kind === 'ED' ? components : components.slice(1);
    if (DICOM.test(type) || DICOM.test(subtype)) seen.count('imaging-reference');
    if (kind === 'ED' && (components[4] ?? '') !== '') seen.count('attachment');
    else if (kind === 'RP' && (components[0] ?? '') !== '') seePointer(seen, components[0] ?? '');
    else {
      seen.count('attachment-without-data');
      seen.note('ATTACHMENT_WITHOUT_DATA', `message ${message} OBX(${number})-5`);
    }
  }
}

function seePointer(seen: HiddenCount, pointer: string): void {
  seen.count('attachment-pointer');
  if (isRelativePath(pointer)) seen.path(pointer);
}

/** TXA-12 is the document's own number, TXA-13 that of the one it belongs to (9.6.1). */
function seeDocument({ seen, delimiters, event }: Reading, fields: readonly string[]): void {
  const numberOf = (at: number): string => (fields[at] ?? '').split(delimiters.component)[0] ?? '';
  const parent = numberOf(13);
  if (ADDENDA.has(event)) seen.count('addendum');
  else if (VERSIONS.has(event) || parent !== '') seen.count('note-version');
  seen.link('note', 'holds', numberOf(12));
  seen.link('note', 'needs', parent);
}

/** ORC-1 NW places an order; ORC-2 is its number at the placer. */
function seeOrder({ seen, delimiters, type }: Reading, fields: readonly string[]): void {
  if (!ORDERS.has(type) || fields[1] !== 'NW') return;
  seen.count('order');
  seen.link('order', 'needs', (fields[2] ?? '').split(delimiters.component)[0] ?? '');
}

/** OBR-2 is the number of the order that the results which follow belong to. */
function seeResult({ seen, delimiters, type }: Reading, fields: readonly string[]): void {
  if (!RESULTS.has(type)) return;
  seen.count('result');
  seen.link('order', 'holds', (fields[2] ?? '').split(delimiters.component)[0] ?? '');
}
