/** Messages that were split to fit a line, joined for reading (HL7 v2 chapter 2.10.2); written they stay split. */
import { encodeText } from '../charset.ts';
import type { Problem } from '../format.ts';
import { Hl7Message } from './message.ts';
import { MESSAGE_BYTES_MAX } from './split.ts';

/** More messages than this never wait for their continuation at the same time. */
export const CONTINUATIONS_MAX = 1000;

/** A message as it was before it was split, and where its parts are. */
export interface WholeMessage {
  readonly message: Hl7Message;
  /** For example `message 2`, in order. */
  readonly positions: readonly string[];
}

const POINTER_FIELD = 14;
const ADD_LENGTH_CHARS = 4;

interface Waiting {
  readonly text: string;
  readonly charset: string;
  readonly positions: readonly string[];
}

/** Takes messages in file order, and gives each whole as soon as its last part has come. */
export class Continuations {
  readonly #waiting = new Map<string, Waiting>();
  readonly #problems: Problem[] = [];

  /** Undefined while a continuation is outstanding. */
  push(message: Hl7Message, position: string): WholeMessage | undefined {
    const pointer = message.word(0, POINTER_FIELD);
    const begun = pointer === '' ? undefined : this.#waiting.get(pointer);
    if (begun !== undefined) this.#waiting.delete(pointer);
    const next = message.find('DSC') === -1 ? '' : message.word(message.find('DSC'), 1);
    const positions = [...(begun?.positions ?? []), position];
    if (begun === undefined && next === '') return { message: joinSegments(message), positions };
    const text = begun === undefined ? upToPointer(message) : `${begun.text}${segmentEnd(message)}${inner(message)}`;
    if (text.length > MESSAGE_BYTES_MAX || this.#waiting.size >= CONTINUATIONS_MAX) {
      this.#report('CONTINUATION_TOO_LARGE', position, 'its parts are more, or longer, than can be held');
      return undefined;
    }
    const whole = { text, charset: begun?.charset ?? message.charset, positions };
    if (next === '') return this.#whole(whole, position);
    this.#waiting.set(next, whole);
    return undefined;
  }

  /** What is wrong with the parts so far; after the last message, those that were never continued too. */
  problems(): readonly Problem[] {
    for (const { positions } of this.#waiting.values()) {
      this.#report(
        'CONTINUATION_MISSING',
        `${positions.at(-1)} DSC-1`,
        'the message that continues this one is missing',
      );
    }
    this.#waiting.clear();
    return this.#problems;
  }

  #whole({ text, charset, positions }: Waiting, position: string): WholeMessage | undefined {
    const bytes = encodeText(text, charset);
    const message = bytes === undefined ? undefined : Hl7Message.read(bytes);
    if (message !== undefined) return { message: joinSegments(message), positions };
    this.#report('CONTINUATION_INVALID', position, 'its parts are in different character sets');
    return undefined;
  }

  #report(code: string, position: string, message: string): void {
    this.#problems.push({ category: 'sequence-gap', code, position, message });
  }
}

/** That more of a message stands in another one, so that none of its values can be taken for whole. */
export function continuedElsewhere(message: Hl7Message, at: string): Problem | undefined {
  const pointer = message.find('DSC');
  const isPart = message.word(0, POINTER_FIELD) !== '' || (pointer !== -1 && message.word(pointer, 1) !== '');
  if (!isPart) return undefined;
  const why = 'the message is one part of several (MSH-14, DSC-1); ask its sender for the whole of it';
  return { category: 'schema-invalid', code: 'MESSAGE_CONTINUED', position: at, message: why };
}

/**
 * The message with every ADD segment joined to the field it continues; as it came where its charset is one that is read
 * and not written.
 */
export function joinSegments(message: Hl7Message): Hl7Message {
  if (message.find('ADD') < 1) return message;
  let text = '';
  let from = 0;
  message.ids.forEach((id, segment) => {
    if (id !== 'ADD' || segment === 0) return;
    text += message.text.slice(from, message.segmentSpan(segment - 1).end);
    from = message.segmentSpan(segment).start + ADD_LENGTH_CHARS;
  });
  const bytes = encodeText(text + message.text.slice(from), message.charset);
  return (bytes === undefined ? undefined : Hl7Message.read(bytes)) ?? message;
}

function upToPointer(message: Hl7Message): string {
  return message.text.slice(0, message.segmentSpan(message.find('DSC') - 1).end);
}

/** The segments between MSH and DSC. */
function inner(message: Hl7Message): string {
  const pointer = message.find('DSC');
  const last = pointer === -1 ? message.ids.length - 1 : pointer - 1;
  return last < 1 ? '' : message.text.slice(message.segmentSpan(1).start, message.segmentSpan(last).end);
}

function segmentEnd(message: Hl7Message): string {
  return /[\r\n]+/.exec(message.text)?.[0] ?? '\r';
}
