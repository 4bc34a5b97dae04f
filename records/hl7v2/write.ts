/** Changes one field of a message and no other byte. */
import { encodeText } from '../charset.ts';
import type { Problem } from '../format.ts';
import { escapeHl7 } from './escape.ts';
import { Hl7Message, HL7_NULL, type FieldPath } from './message.ts';
import { fieldPosition } from './structure.ts';

/** The bytes of a message as its text says them, framing included. */
export function writeMessage(message: Hl7Message): Buffer {
  const encoded = encodeText(message.text, message.charset);
  // Charsets of several bytes are read and not written; the message is then as it came.
  if (encoded === undefined || encoded.length > message.bytes.length) return message.bytes;
  if (encoded.length === message.bytes.length) return encoded;
  return Buffer.concat([message.bytes.subarray(0, message.bytes.length - encoded.length), encoded]);
}

/**
 * The message with one value set, escaped; null writes HL7's explicit null, undefined and '' leave the place empty.
 * Separators are added where the segment, the field or the component is too short. MSH-1 and MSH-2 cannot be set
 * (DELIMITERS_FIXED), nor what the message's charset has no bytes for (CHARACTER_NOT_WRITABLE).
 */
export function setValue(
  message: Hl7Message,
  segment: number,
  path: FieldPath,
  value: string | null | undefined,
): Hl7Message | Problem {
  const position = fieldPosition(message, segment, path.field, 'message');
  if (message.ids[segment] === 'MSH' && path.field <= 2) {
    return unwritable('DELIMITERS_FIXED', position, 'the delimiters of a message cannot be set');
  }
  const now = message.value(segment, path);
  if (value === now || (value === '' && now === undefined)) return message;
  const { start, end, before } = placeOf(message, segment, path.field);
  const written = before + fieldText(message, segment, path, value);
  const parts = [message.text.slice(0, start), written, message.text.slice(end)];
  const [head, middle, tail] = parts.map((part) => encodeText(part, message.charset));
  if (head === undefined || middle === undefined || tail === undefined) {
    return unwritable(
      'CHARACTER_NOT_WRITABLE',
      position,
      `${message.charset} cannot write the message with this value`,
    );
  }
  const leadBytes = message.bytes.length - head.length - lengthOf(message, start, end) - tail.length;
  const bytes = Buffer.concat([message.bytes.subarray(0, leadBytes), head, middle, tail]);
  const changed = Hl7Message.read(bytes);
  if (changed === undefined || changed.text !== parts.join('')) {
    return unwritable('CHARACTER_NOT_WRITABLE', position, 'the message would be read in another charset');
  }
  return changed;
}

function lengthOf(message: Hl7Message, start: number, end: number): number {
  return encodeText(message.text.slice(start, end), message.charset)?.length ?? 0;
}

/** Where the field is to be written, and the separators that must come before it. */
function placeOf(message: Hl7Message, segment: number, field: number): { start: number; end: number; before: string } {
  const span = message.fieldSpan(segment, field);
  if (span !== undefined) return { ...span, before: '' };
  const { end } = message.segmentSpan(segment);
  const missing = field - message.fieldCount(segment);
  return { start: end, end, before: message.delimiters.field.repeat(missing) };
}

function fieldText(message: Hl7Message, segment: number, path: FieldPath, value: string | null | undefined): string {
  const { delimiters } = message;
  const text = value === undefined ? '' : value === null ? HL7_NULL : valueText(value, message);
  const inRepetition = (repetition: string) =>
    path.component === undefined
      ? text
      : withPart(repetition, delimiters.component, path.component, (component) =>
          path.subcomponent === undefined
            ? text
            : withPart(component, delimiters.subcomponent, path.subcomponent, () => text),
        );
  return withPart(message.rawField(segment, path.field), delimiters.repetition, path.repetition ?? 1, inRepetition);
}

/** Two quotation marks are a value only when escaped; bare, they are HL7's explicit null. */
function valueText(value: string, { delimiters }: Hl7Message): string {
  const { escape } = delimiters;
  return value === HL7_NULL ? `${escape}X2222${escape}` : escapeHl7(value, delimiters);
}

function withPart(raw: string, separator: string, wanted: number, change: (part: string) => string): string {
  const parts = raw.split(separator);
  while (parts.length < wanted) parts.push('');
  parts[wanted - 1] = change(parts[wanted - 1] ?? '');
  return parts.join(separator);
}

function unwritable(code: string, position: string, message: string): Problem {
  return { category: 'schema-invalid', code, position, message };
}
