/** FHIR JSON and NDJSON as a codec: a record a resource, in the spelling it was written in; all else is filling. */
import type { Json } from '../../kernel/canonical-json.ts';
import type { Codec, CodecRead } from '../codec.ts';
import type { Problem } from '../format.ts';
import type { ItemChunks } from '../item-bytes.ts';
import { findSpan, membersAt, type JsonSpan } from '../json-spans.ts';
import { markOf, positionOf, readDocument, readDocuments, type FhirDocument } from './read.ts';

/** A resource as its bytes have it: the order of its members, its white space, the digits of its numbers. */
export interface FhirText {
  readonly text: string;
}

export const FHIR_CODEC: Codec<FhirText> = { read, write: ({ text }) => Buffer.from(text, 'utf8') };

async function* read(path: string, chunks: ItemChunks): AsyncGenerator<CodecRead<FhirText>> {
  for await (const piece of readDocuments(path, chunks)) {
    if (piece.kind === 'document') yield* readResources(piece);
    else yield piece;
  }
}

function* readResources(document: FhirDocument): Generator<CodecRead<FhirText>> {
  const { bytes } = document;
  const text = bytes.toString('utf8', markOf(bytes));
  let spans: ReadonlyMap<string, JsonSpan> | undefined;
  let from = 0;
  let fromByte = 0;
  for (const each of readDocument(document)) {
    if (each.kind === 'problem') {
      yield each;
      continue;
    }
    spans ??= new Map(resourceSpans(text));
    const span = spans.get(each.at.pointer);
    if (span === undefined) continue;
    const startByte = (fromByte || markOf(bytes)) + Buffer.byteLength(text.slice(from, span.start));
    if (startByte > fromByte) yield { kind: 'filling', bytes: bytes.subarray(fromByte, startByte) };
    const written = text.slice(span.start, span.end);
    from = span.end;
    fromByte = startByte + Buffer.byteLength(written);
    const position = positionOf(each.at);
    yield { kind: 'record', position, bytes: bytes.subarray(startByte, fromByte), record: { text: written } };
  }
  if (fromByte < bytes.length) yield { kind: 'filling', bytes: bytes.subarray(fromByte) };
}

/** Pointer and place of every resource, as `readDocument` opens them: a bundle with entries is not one itself. */
function* resourceSpans(text: string, pointer = '', within = findSpan(text, '')): Generator<[string, JsonSpan]> {
  if (within === undefined) return;
  const members = new Map<string, JsonSpan>();
  for (const member of membersAt(text, within.start)) members.set(member.name, member);
  const type = members.get('resourceType');
  const entries = members.get('entry');
  const isBundle = type !== undefined && JSON.parse(text.slice(type.start, type.end)) === 'Bundle';
  if (!isBundle || entries === undefined || text[entries.start] !== '[') return yield [pointer, within];
  for (const entry of membersAt(text, entries.start)) {
    for (const member of membersAt(text, entry.start)) {
      if (member.name !== 'resource') continue;
      yield* resourceSpans(text, `${pointer}/entry/${entry.name}/resource`, member);
    }
  }
}

/** The resource with the value at `pointer` replaced and every other byte kept; POINTER_MISSING where there is none. */
export function replaceJson(record: FhirText, pointer: string, value: Json): FhirText | Problem {
  const span = findSpan(record.text, pointer);
  if (span !== undefined) {
    return { text: record.text.slice(0, span.start) + JSON.stringify(value) + record.text.slice(span.end) };
  }
  const message = 'the resource has no value here';
  return { category: 'schema-invalid', code: 'POINTER_MISSING', position: pointer, message };
}
