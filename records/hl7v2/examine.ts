/** Counts messages and populated fields of an HL7 v2 item, and checks structure and batch counts. */
import { Findings, tooLarge } from '../findings.ts';
import type { Examination, Problem } from '../format.ts';
import type { ItemChunks } from '../item-bytes.ts';
import { Envelopes } from './envelopes.ts';
import { Hl7Message } from './message.ts';
import { checkSegments } from './message-structures.ts';
import { MESSAGE_BYTES_MAX, splitHl7, type Hl7Unit } from './split.ts';
import { checkReadable, checkStructure } from './structure.ts';

export const HL7_MEDIA_TYPE = 'x-application/hl7-v2+er7';

export async function examineHl7(_path: string, chunks: ItemChunks): Promise<Examination> {
  const findings = new Findings();
  const tally = new Tally(findings);
  for await (const unit of splitHl7(chunks)) tally.take(unit);
  tally.finish();
  const shape = tally.messages === 0 ? null : { records: tally.messages, fields: tally.fields };
  return {
    shape,
    problems: findings.all(),
    mediaType: shape === null ? 'application/octet-stream' : HL7_MEDIA_TYPE,
  };
}

/** What one item comes to. */
class Tally {
  messages = 0;
  fields = 0;
  readonly #findings: Findings;
  readonly #envelopes: Envelopes;
  #headers = 0;
  #stray = false;
  #cutReported = false;

  constructor(findings: Findings) {
    this.#findings = findings;
    this.#envelopes = new Envelopes((problem) => findings.add(problem));
  }

  take(unit: Hl7Unit): void {
    if (unit.kind === 'stray') {
      this.#stray ||= !isBlank(unit.bytes);
      return;
    }
    if (unit.kind === 'MSH') return this.#message(unit);
    this.#extra(unit);
    this.#envelopes.segment(unit.kind, unit.bytes.toString('latin1').replace(/^[^FB]+/, ''));
  }

  finish(): void {
    this.#envelopes.finish();
    if (this.#headers === 0) {
      const why = this.#envelopes.any
        ? 'envelopes of a batch without any message'
        : 'no MSH segment: this is not HL7 v2';
      this.#findings.add(unreadable('NO_MESSAGE', 'byte 0', why));
    } else if (this.#stray) {
      this.#findings.add(unreadable('STRAY_BYTES', 'byte 0', 'bytes before the first segment header'));
    }
  }

  #message(unit: Hl7Unit): void {
    if (unit.cut && this.#cutReported) return;
    this.#headers++;
    this.#envelopes.message();
    this.#cutReported = unit.cut;
    const position = `message ${this.#headers}`;
    if (unit.cut) return this.#findings.add(tooLarge(position, 'the message', MESSAGE_BYTES_MAX));
    const message = Hl7Message.read(unit.bytes);
    if (message === undefined) {
      const why = 'MSH-1 and MSH-2 do not declare usable delimiters';
      return this.#findings.add(unreadable('DELIMITERS_INVALID', `${position} MSH-2`, why));
    }
    this.messages++;
    this.fields += populatedFields(message);
    const report = (problem: Problem) => this.#findings.add(problem);
    checkReadable(message, position, report);
    checkStructure(message, position, report);
    checkSegments(message, position, report);
  }

  /** An envelope segment stands alone; anything after it up to the next header belongs to no message. */
  #extra(unit: Hl7Unit): void {
    const lines = unit.bytes.toString('latin1').split(/[\r\n]+/);
    if (lines.filter((line) => !isBlank(Buffer.from(line, 'latin1'))).length <= 1) return;
    const why = `segments after ${unit.kind} that belong to no message`;
    const position = `after message ${this.#headers} ${unit.kind}`;
    this.#findings.add({ category: 'schema-invalid', code: 'SEGMENT_OUTSIDE_MESSAGE', position, message: why });
  }
}

/** Fields that hold something, HL7's explicit null included; MSH-1 and MSH-2 are syntax and not counted. */
export function populatedFields(message: Hl7Message): number {
  let fields = 0;
  const separator = message.delimiters.field;
  message.ids.forEach((id, segment) => {
    const [, ...values] = message.segmentText(segment).split(separator);
    const counted = id === 'MSH' ? values.slice(1) : values;
    for (const value of counted) if (value !== '') fields++;
  });
  return fields;
}

/** Nothing but white space, MLLP framing and a byte order mark. */
function isBlank(bytes: Buffer): boolean {
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  return bytes.subarray(start).every((byte) => byte <= 0x20);
}

function unreadable(code: string, position: string, message: string): Problem {
  return { category: 'unreadable', code, position, message };
}
