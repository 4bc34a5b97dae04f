/** What checks across files need to know of each message: order, gaps, duplicates, whose it is. */
import { ItemReading, type ItemBytes } from '../item-bytes.ts';
import { formatDate, parseHl7Date } from '../partial-date.ts';
import { Hl7Message } from './message.ts';
import { splitHl7 } from './split.ts';

export interface MessageFacts {
  /** MSH-3 and MSH-4 as they are written: who counts control ids and sequence numbers. */
  readonly sender: string;
  /** MSH-10; '' where it is missing. */
  readonly controlId: string;
  /** MSH-9 as `ORU^R01`. */
  readonly type: string;
  /** `mrn:` and PID-3.1, or null where there is none. */
  readonly patientKey: string | null;
  /** MSH-7 in ISO 8601 with the precision and offset it was written with; null where it is no date. */
  readonly dateTime: string | null;
  /** MSH-13; null where the sender does not number its messages, 0 and -1 where it begins to count anew. */
  readonly sequenceNumber: number | null;
  /** For example `message 2`. */
  readonly position: string;
}

/** Facts of every readable message of an item, in file order. */
export async function* messageFacts(bytes: ItemBytes): AsyncGenerator<MessageFacts> {
  const reading = new ItemReading(bytes);
  let ordinal = 0;
  try {
    for await (const unit of splitHl7(reading)) {
      if (unit.kind !== 'MSH') continue;
      ordinal++;
      const message = unit.cut ? undefined : Hl7Message.read(unit.bytes);
      if (message !== undefined) yield factsOf(message, `message ${ordinal}`);
    }
  } finally {
    await reading.close();
  }
}

function factsOf(message: Hl7Message, position: string): MessageFacts {
  const patient = message.find('PID');
  const mrn = patient === -1 ? '' : message.word(patient, 3);
  const sequence = message.word(0, 13);
  const sent = parseHl7Date(message.word(0, 7));
  return {
    sender: `${message.rawField(0, 3)}|${message.rawField(0, 4)}`,
    controlId: message.controlId,
    type: message.type,
    patientKey: mrn === '' ? null : `mrn:${mrn}`,
    dateTime: sent === undefined ? null : formatDate(sent),
    sequenceNumber: /^(-1|\d{1,15})$/.test(sequence) ? Number(sequence) : null,
    position,
  };
}
