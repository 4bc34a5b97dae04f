/** Which acknowledgements a message asks for, and what those that come mean (HL7 2.9, 2.9.2 and 2.9.3). */
import { ConnectorError } from '@waybill/connector-sdk';
import { type Answer, type Awaited, awaitedBy, type Header, nameOf } from '@waybill/connector-sdk/hl7';

/** `same-connection`: application acknowledgements come where the message went; `elsewhere`: they are not awaited. */
export type ApplicationAcks = 'same-connection' | 'elsewhere';

/** Undefined: nothing would come here that tells a message from one that was lost. */
export function awaitedHere(header: Header, acks: ApplicationAcks): Awaited | undefined {
  const awaited = awaitedBy(header);
  const isOriginal = header.acceptAck === '' && header.applicationAck === '';
  if (awaited === undefined || acks === 'same-connection' || isOriginal) return awaited;
  return awaited.accept ? { accept: true, application: false } : undefined;
}

export type Level = 'accept' | 'application';

/** How far an exchange came. */
export type Heard =
  | { readonly kind: 'waiting'; readonly accepted: boolean }
  | { readonly kind: 'accepted'; readonly level: Level; readonly code: 'AA' | 'CA' }
  | { readonly kind: 'refused'; readonly answer: Answer };

export const NOTHING_HEARD: Heard = { kind: 'waiting', accepted: false };

/** What is known after one more answer. Fails with OUTCOME_UNKNOWN when it is to another message. */
export function heard(before: Heard, answer: Answer, header: Header, awaited: Awaited): Heard {
  if (answer.controlId !== header.controlId) {
    throw inDoubt(header, 'another message was acknowledged');
  }
  switch (answer.code) {
    case 'AE':
    case 'AR':
    case 'CE':
    case 'CR':
      return { kind: 'refused', answer };
    case 'AA':
      // Who has processed it has accepted it, whether or not that was said first.
      return { kind: 'accepted', level: 'application', code: 'AA' };
    case 'CA':
      if (!awaited.accept) throw inDoubt(header, 'it was accepted in a mode that was not asked for');
      if (before.kind === 'waiting' && before.accepted) throw inDoubt(header, 'it was accepted twice');
      return awaited.application
        ? { kind: 'waiting', accepted: true }
        : { kind: 'accepted', level: 'accept', code: 'CA' };
    default:
      return answer.code satisfies never;
  }
}

/** It was sent, and nobody knows what became of it. */
export function inDoubt(header: Header, why: string, cause?: unknown): ConnectorError {
  const message = `${nameOf(header.controlId)} was sent and is not acknowledged (${why})`;
  return new ConnectorError('OUTCOME_UNKNOWN', message, { cause });
}

/** The receiver said no. Its words are left behind: they may quote a patient. */
export function refusedBy({ code, place, error }: Answer, header: Header): ConnectorError {
  const where = place === undefined ? '' : `, at ${place}`;
  const what = error === undefined ? '' : `, error ${error} of table 0357`;
  const message = `the receiver refused ${nameOf(header.controlId)} (${code}${what}${where})`;
  return new ConnectorError('ITEM_REFUSED', `${message}; ask it why, mend the message or exclude it`);
}
