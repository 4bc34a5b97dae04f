/** FHIR JSON and NDJSON, resource by resource; bundles are opened, their entries come one by one. */
import { isUtf8 } from 'node:buffer';
import { type Json, NumberLiteral, parseJson } from '../../kernel/canonical-json.ts';
import { tooLarge } from '../findings.ts';
import type { Problem } from '../format.ts';
import { asBuffer, type ItemChunks } from '../item-bytes.ts';
import { countMembers, duplicateMember } from '../json-spans.ts';
import { jsonErrorOffset } from '../json-syntax.ts';
import { isArray, isObject, notCanonical, type JsonObject } from '../leaves.ts';
import { LineReader } from '../lines.ts';
import { unkeptNumber } from './number.ts';

/** The largest JSON document, and the longest NDJSON line, that is parsed. */
export const RESOURCE_BYTES_MAX = 64 * 1024 * 1024;

export type FhirLayout = 'json' | 'ndjson';

export type FhirRead =
  | {
      readonly kind: 'resource';
      readonly at: FhirPosition;
      readonly resource: JsonObject;
      readonly bundle: Bundle | null;
    }
  | { readonly kind: 'problem'; readonly problem: Problem };

/** `prefix` names the line of NDJSON, `pointer` the resource in its document. */
export interface FhirPosition {
  readonly prefix: string;
  readonly pointer: string;
}

/** Full URLs of a bundle's entries to the `Type/id` they stand for. */
export interface Bundle {
  readonly references: ReadonlyMap<string, string>;
}

export function positionOf(at: FhirPosition, pointer = ''): string {
  return `${at.prefix}${`${at.pointer}${pointer}` || '/'}`;
}

/** One JSON text of an item: the whole of it, or a line of NDJSON. */
export interface FhirDocument {
  readonly kind: 'document';
  readonly bytes: Buffer;
  readonly prefix: string;
  /** Offset of its first byte in the item. */
  readonly at: number;
}

/** Documents, and the bytes between them; both together are the item. */
export type FhirPiece =
  | FhirDocument
  | { readonly kind: 'filling'; readonly bytes: Buffer }
  | { readonly kind: 'problem'; readonly problem: Problem };

/** Reads every resource of an item. `layout` is told once, before the first of them. */
export async function* readFhir(
  path: string,
  chunks: ItemChunks,
  layout: (found: FhirLayout) => void = () => undefined,
): AsyncGenerator<FhirRead> {
  for await (const piece of readDocuments(path, chunks, layout)) {
    if (piece.kind === 'document') yield* readDocument(piece);
    else if (piece.kind === 'problem') yield piece;
  }
}

/** Cuts an item into its JSON texts. */
export async function* readDocuments(
  path: string,
  chunks: ItemChunks,
  layout: (found: FhirLayout) => void = () => undefined,
): AsyncGenerator<FhirPiece> {
  const lines = new LineReader(chunks, RESOURCE_BYTES_MAX);
  let line = await lines.next();
  while (line !== undefined && !line.cut && isBlank(line.bytes)) {
    yield { kind: 'filling', bytes: Buffer.concat([line.bytes, line.end]) };
    line = await lines.next();
  }
  if (line === undefined) return yield problem('NOT_JSON', 'byte 0', 'nothing but white space');
  if (!isLineOfNdjson(path, line.bytes) && !line.cut) {
    layout('json');
    return yield* readWhole(Buffer.concat([line.bytes, line.end]), line.at, lines);
  }
  layout('ndjson');
  for (let cutAt = 0; line !== undefined; line = await lines.next()) {
    const prefix = `line ${line.number} `;
    if (line.cut && cutAt !== line.number) {
      yield { kind: 'problem', problem: tooLarge(prefix.trim(), 'the line', RESOURCE_BYTES_MAX) };
    }
    if (line.cut) cutAt = line.number;
    const isText = !line.cut && !isBlank(line.bytes);
    yield isText
      ? { kind: 'document', bytes: line.bytes, prefix, at: line.at }
      : { kind: 'filling', bytes: line.bytes };
    if (line.end.length > 0) yield { kind: 'filling', bytes: line.end };
  }
}

async function* readWhole(first: Buffer, at: number, lines: LineReader): AsyncGenerator<FhirPiece> {
  const parts = [first];
  let sizeBytes = first.length;
  for await (const part of lines.rest()) {
    sizeBytes += part.length;
    parts.push(part);
    // Beyond the limit nothing is held any more.
    if (sizeBytes > RESOURCE_BYTES_MAX) for (const bytes of parts.splice(0)) yield { kind: 'filling', bytes };
  }
  if (sizeBytes <= RESOURCE_BYTES_MAX) yield { kind: 'document', bytes: Buffer.concat(parts), prefix: '', at };
  else yield { kind: 'problem', problem: tooLarge('byte 0', 'the document', RESOURCE_BYTES_MAX) };
}

/** A line that is complete by itself is NDJSON; so is a broken one that looks like one, or one of an .ndjson file. */
function isLineOfNdjson(path: string, line: Buffer): boolean {
  if (/\.(?:ndjson|jsonl)$/i.test(path)) return true;
  const text = line.toString('utf8').trim();
  return jsonErrorOffset(text) === -1 || (text.startsWith('{"') && text.endsWith('}'));
}

/** Every resource of one JSON text; its problem where it is not JSON, or holds what would be lost in reading. */
export function* readDocument({ bytes, prefix, at }: FhirDocument): Generator<FhirRead> {
  const where = (offset: number) => prefix + (prefix === '' ? linePosition(bytes, at, offset) : `byte ${at + offset}`);
  if (!isUtf8(bytes)) return yield problem('NOT_UTF8', where(0), 'JSON is UTF-8, and this is not');
  const markBytes = markOf(bytes);
  const text = bytes.toString('utf8', markBytes);
  let value: Json;
  try {
    value = parseJson(text);
  } catch {
    const broken = jsonErrorOffset(text);
    const offset = markBytes + Buffer.byteLength(text.slice(0, broken === -1 ? 0 : broken));
    return yield problem(
      'NOT_JSON',
      where(offset),
      broken === text.length ? 'the JSON ends too early' : 'not JSON here',
    );
  }
  const loss = notCanonical(value) ?? unkeptNumber(text);
  if (loss !== undefined) return yield invalid('VALUE_NOT_KEPT', `${prefix}${loss.pointer || '/'}`, loss.why);
  if (countMembers(text) !== memberCount(value)) {
    const pointer = duplicateMember(text) ?? '/';
    return yield invalid('MEMBER_DUPLICATE', `${prefix}${pointer}`, 'an object has two members with this name');
  }
  yield* open(value, { prefix, pointer: '' }, null);
}

/** The length of the byte order mark. */
export function markOf(bytes: Buffer): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

function memberCount(value: Json | undefined): number {
  if (typeof value !== 'object' || value === null || value instanceof NumberLiteral) return 0;
  let members = isArray(value) ? 0 : Object.keys(value).length;
  for (const member of isArray(value) ? value : Object.values(value)) members += memberCount(member);
  return members;
}

function* open(value: Json, at: FhirPosition, bundle: Bundle | null): Generator<FhirRead> {
  if (!isObject(value) || typeof value['resourceType'] !== 'string') {
    return yield invalid('RESOURCE_TYPE_MISSING', positionOf(at), 'not an object with a resourceType');
  }
  const entries = value['entry'];
  if (value['resourceType'] !== 'Bundle' || !isArray(entries)) {
    return yield { kind: 'resource', at, resource: value, bundle };
  }
  const inner = { references: fullUrls(entries) };
  for (const [index, entry] of entries.entries()) {
    const resource = isObject(entry) ? entry['resource'] : undefined;
    const pointer = `${at.pointer}/entry/${index}/resource`;
    if (resource !== undefined) yield* open(resource, { prefix: at.prefix, pointer }, inner);
  }
}

function fullUrls(entries: readonly Json[]): ReadonlyMap<string, string> {
  const references = new Map<string, string>();
  for (const entry of entries) {
    if (!isObject(entry) || typeof entry['fullUrl'] !== 'string' || !isObject(entry['resource'])) continue;
    const { resourceType, id } = entry['resource'];
    if (typeof resourceType === 'string' && typeof id === 'string') {
      references.set(entry['fullUrl'], `${resourceType}/${id}`);
    }
  }
  return references;
}

function linePosition(bytes: Buffer, at: number, offset: number): string {
  let line = 1;
  for (let next = bytes.indexOf(0x0a); next !== -1 && next < offset; next = bytes.indexOf(0x0a, next + 1)) line++;
  return `line ${line} byte ${at + offset}`;
}

function isBlank(bytes: Buffer): boolean {
  return asBuffer(bytes).every((byte) => byte <= 0x20) || bytes.toString('hex') === 'efbbbf';
}

function problem(code: string, position: string, message: string): { kind: 'problem'; problem: Problem } {
  return { kind: 'problem', problem: { category: 'unreadable', code, position, message } };
}

function invalid(code: string, position: string, message: string): FhirRead {
  return { kind: 'problem', problem: { category: 'schema-invalid', code, position, message } };
}
