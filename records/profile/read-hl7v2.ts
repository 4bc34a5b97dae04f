/** HL7 v2 messages into a profile: a field for each component, and for each subcomponent after its first. */
import { unescapeHl7 } from '../hl7v2/escape.ts';
import { Hl7Message } from '../hl7v2/message.ts';
import { splitHl7 } from '../hl7v2/split.ts';
import type { ItemChunks } from '../item-bytes.ts';
import type { FieldHandle, RecordSink } from './sink.ts';

const KIND = 'message';
const NULL = '""';
const EMPTY: readonly string[] = [];

/** The position of a message is its number in its item. */
export async function profileHl7(_path: string, chunks: ItemChunks, sink: RecordSink): Promise<void> {
  const reader = new MessageReader(sink);
  let ordinal = 0;
  let isCut = false;
  for await (const unit of splitHl7(chunks)) {
    if (unit.kind !== 'MSH') continue;
    if (unit.cut && isCut) continue;
    isCut = unit.cut;
    sink.place.record = ++ordinal;
    const message = unit.cut ? undefined : Hl7Message.read(unit.bytes);
    if (message === undefined) {
      sink.problem(unit.cut ? 'TOO_LARGE' : 'DELIMITERS_INVALID');
      continue;
    }
    sink.begin(KIND, ordinal);
    reader.take(message);
    await sink.end();
  }
  if (ordinal === 0) sink.problem('NO_MESSAGE');
}

type Handles = Map<number, FieldHandle>;

class MessageReader {
  readonly #sink: RecordSink;
  readonly #segments = new Map<string, Map<number, Handles>>();
  readonly #identities = new Map<string, number>();

  constructor(sink: RecordSink) {
    this.#sink = sink;
  }

  take(message: Hl7Message): void {
    const { charsetFault, text } = message;
    if (charsetFault === 'undeclared') this.#sink.problem('CHARSET_UNDECLARED');
    else if (charsetFault !== undefined || text.includes('\0')) this.#sink.problem('CHARSET_DAMAGED');
    const { field: separator } = message.delimiters;
    message.ids.forEach((id, segment) => {
      if (id === '') return this.#sink.problem('SEGMENT_MALFORMED');
      const fields = message.segmentText(segment).split(separator);
      // MSH-1 is the separator itself, and MSH-2 holds the other delimiters: syntax, not values.
      const shift = id === 'MSH' ? 1 : 0;
      for (let at = 1 + shift; at < fields.length; at++) {
        const raw = fields[at];
        if (raw !== undefined && raw !== '') this.#field(message, id, at + shift, raw);
      }
    });
    this.#identify(message);
  }

  #field(message: Hl7Message, id: string, field: number, raw: string): void {
    const { repetition, component, subcomponent } = message.delimiters;
    for (const repeated of raw.includes(repetition) ? raw.split(repetition) : [raw]) {
      const components = repeated.split(component);
      for (let at = 0; at < components.length; at++) {
        const text = components[at];
        if (text === undefined || text === '') continue;
        const parts = text.includes(subcomponent) ? text.split(subcomponent) : EMPTY;
        if (parts.length === 0) this.#value(message, this.#handle(id, field, at + 1, 1), text);
        for (const [index, part] of parts.entries()) {
          if (part !== '') this.#value(message, this.#handle(id, field, at + 1, index + 1), part);
        }
      }
    }
  }

  #value(message: Hl7Message, handle: FieldHandle, text: string): void {
    if (text === NULL) return this.#sink.nothing(handle);
    this.#sink.value(
      handle,
      text.includes(message.delimiters.escape) ? unescapeHl7(text, message.delimiters, message.charset) || ' ' : text,
    );
  }

  #handle(id: string, field: number, component: number, subcomponent: number): FieldHandle {
    let fields = this.#segments.get(id);
    if (fields === undefined) this.#segments.set(id, (fields = new Map()));
    let handles = fields.get(field);
    if (handles === undefined) fields.set(field, (handles = new Map()));
    const key = component * SUBCOMPONENTS_MAX + Math.min(subcomponent, SUBCOMPONENTS_MAX - 1);
    let handle = handles.get(key);
    if (handle === undefined) {
      // A component without subcomponents and the first subcomponent are the same value (HL7 v2.5 chapter 2.8.1).
      const path = `${id}-${field}.${component}${subcomponent === 1 ? '' : `.${subcomponent}`}`;
      handles.set(key, (handle = this.#sink.handle(KIND, path)));
    }
    return handle;
  }

  /** Control ids are a message's own; visits and orders are made known by some messages and referred to by others. */
  #identify(message: Hl7Message): void {
    const sender = `${message.word(0, 3)}\t${message.word(0, 4)}\t`;
    if (message.controlId !== '') this.#name('key', 'control id', 'MSH', 10, sender + message.controlId);
    const code = message.word(0, 9);
    const visits = code === 'ADT' ? 'mark' : 'reference';
    const orders = ORDERING.has(code) ? 'mark' : 'reference';
    message.ids.forEach((id, segment) => {
      if (id === 'PV1') this.#name(visits, 'visit', id, 19, message.word(segment, 19));
      if (id === 'OBR') this.#name(orders, 'order', id, 2, message.word(segment, 2));
      if (id === 'ORC' && orders === 'mark') this.#name(orders, 'order', id, 2, message.word(segment, 2));
    });
  }

  #name(use: 'key' | 'mark' | 'reference', namespace: string, id: string, field: number, text: string): void {
    if (text === '') return;
    const key = `${use} ${id}-${field}`;
    let identity = this.#identities.get(key);
    if (identity === undefined) {
      identity = this.#sink.identity(use, namespace, this.#handle(id, field, 1, 1));
      this.#identities.set(key, identity);
    }
    this.#sink.identify(identity, text);
  }
}

const SUBCOMPONENTS_MAX = 1_000;
/** Message codes that place orders. */
const ORDERING: ReadonlySet<string> = new Set(['ORM', 'OML', 'OMG', 'OMI', 'OMP', 'RDE', 'RDS', 'OMS', 'OMN', 'OMD']);
