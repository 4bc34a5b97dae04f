/** What a listener says: of what it keeps, that it does, and of nothing else (HL7 2.9, 2.9.2, 2.9.3 and 2.14.8). */
import { randomBytes } from 'node:crypto';
import type { AckCode, Header } from '@waybill/connector-sdk/hl7';

/** What became of a message. `refused`: it will not be taken however often it is sent; `failed`: it may be later. */
export type Fate = 'kept' | 'refused' | 'failed';

const CODES: Readonly<Record<Fate, { readonly accept: AckCode; readonly application: AckCode }>> = {
  kept: { accept: 'CA', application: 'AA' },
  refused: { accept: 'CE', application: 'AE' },
  failed: { accept: 'CR', application: 'AR' },
};

/** Always, when it went wrong, when it went well (table 0155). */
function isAsked(field: string, fate: Fate): boolean {
  return field === 'AL' || field === (fate === 'kept' ? 'SU' : 'ER');
}

/** In original mode one; in enhanced mode those that were asked for, the accept acknowledgement first. */
export function codesFor({ acceptAck, applicationAck }: Header, fate: Fate): readonly AckCode[] {
  const { accept, application } = CODES[fate];
  if (acceptAck === '' && applicationAck === '') return [application];
  const first = isAsked(acceptAck, fate) ? [accept] : [];
  // What was not accepted is never processed.
  const isProcessed = fate === 'kept' || first.length === 0;
  return isProcessed && isAsked(applicationAck, fate) ? [...first, application] : first;
}

/** The acknowledgement as bytes, in the delimiters of its message. */
export function replyTo({ fields, delimiters, controlId }: Header, code: AckCode, now: Date): Uint8Array {
  const separator = delimiters[0] ?? '|';
  const of = (number: number): string => fields[number - 1] ?? '';
  const at = now.toISOString().replaceAll(/[-:T]|\.\d+Z$/g, '');
  const event = of(9).split(delimiters[1] ?? '^')[1] ?? '';
  const kind = event === '' ? 'ACK' : ['ACK', event].join(delimiters[1] ?? '^');
  const id = randomBytes(10).toString('hex');
  const header = ['MSH', delimiters.slice(1), of(5), of(6), of(3), of(4), `${at}+0000`, '', kind, id, of(11), of(12)];
  return Buffer.from(`${header.join(separator)}\r${['MSA', code, controlId].join(separator)}\r`, 'latin1');
}
