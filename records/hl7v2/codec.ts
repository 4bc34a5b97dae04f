/** HL7 v2 as a codec: a record a message; envelopes, framing and what cannot be read are filling. */
import type { Codec, CodecRead } from '../codec.ts';
import { tooLarge } from '../findings.ts';
import type { ItemChunks } from '../item-bytes.ts';
import { Hl7Message } from './message.ts';
import { MESSAGE_BYTES_MAX, splitHl7 } from './split.ts';
import { writeMessage } from './write.ts';

export const HL7_CODEC: Codec<Hl7Message> = { read, write: writeMessage };

async function* read(_path: string, chunks: ItemChunks): AsyncGenerator<CodecRead<Hl7Message>> {
  let ordinal = 0;
  let cutReported = false;
  for await (const unit of splitHl7(chunks)) {
    if (unit.kind === 'MSH' && !(unit.cut && cutReported)) ordinal++;
    const position = `message ${ordinal}`;
    const message = unit.kind !== 'MSH' || unit.cut ? undefined : Hl7Message.read(unit.bytes);
    if (message !== undefined) yield { kind: 'record', position, bytes: unit.bytes, record: message };
    else yield { kind: 'filling', bytes: unit.bytes };
    if (unit.kind === 'MSH' && unit.cut && !cutReported) {
      yield { kind: 'problem', problem: tooLarge(position, 'the message', MESSAGE_BYTES_MAX) };
    } else if (unit.kind === 'MSH' && message === undefined && !unit.cut) {
      yield unreadable('DELIMITERS_INVALID', `${position} MSH-2`, 'MSH-1 and MSH-2 do not declare usable delimiters');
    }
    cutReported = unit.cut;
  }
  if (ordinal === 0) yield unreadable('NO_MESSAGE', 'byte 0', 'no MSH segment: this is not HL7 v2');
}

function unreadable(code: string, position: string, message: string): CodecRead<Hl7Message> {
  return { kind: 'problem', problem: { category: 'unreadable', code, position, message } };
}
