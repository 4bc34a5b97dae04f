/** FHIR JSON and NDJSON, resource by resource; bundles are opened, their entries come one by one. */
import { isUtf8 } from 'node:buffer';
import type { Json } from '../../kernel/canonical-json.ts';
import { tooLarge } from '../findings.ts';
import type { Problem } from '../format.ts';
import { asBuffer, gather, type ItemChunks } from '../item-bytes.ts';
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

/** Reads every resource of an item. `layout` is told once, before the first of them. */
export async function* readFhir(
  path: string,
  chunks: ItemChunks,
  layout: (found: FhirLayout) => void = () => undefined,
): AsyncGenerator<FhirRead> {
  const lines = new LineReader(chunks, RESOURCE_BYTES_MAX);
  let line = await lines.next();
  while (line !== undefined && isBlank(line.bytes)) line = await lines.next();
  if (line === undefined) return yield problem('NOT_JSON', 'byte 0', 'nothing but white space');
  if (!isLineOfNdjson(path, line.bytes) && !line.cut) {
    layout('json');
    return yield* readWhole(line.bytes, line.at, lines);
  }
  layout('ndjson');
  for (; line !== undefined; line = await lines.next()) {
    const prefix = `line ${line.number} `;
    if (line.cut) yield { kind: 'problem', problem: tooLarge(prefix.trim(), 'the line', RESOURCE_BYTES_MAX) };
    else if (!isBlank(line.bytes)) yield* readDocument(line.bytes, prefix, line.at);
  }
}

async function* readWhole(first: Buffer, at: number, lines: LineReader): AsyncGenerator<FhirRead> {
  const rest = await gather(lines.rest(), RESOURCE_BYTES_MAX - first.length);
  if (rest === undefined) {
    return yield { kind: 'problem', problem: tooLarge('byte 0', 'the document', RESOURCE_BYTES_MAX) };
  }
  yield* readDocument(rest.length === 0 ? first : Buffer.concat([first, Buffer.from('\n'), rest]), '', at);
}

/** A line that is complete by itself is NDJSON; so is a broken one that looks like one, or one of an .ndjson file. */
function isLineOfNdjson(path: string, line: Buffer): boolean {
  if (/\.(?:ndjson|jsonl)$/i.test(path)) return true;
  const text = line.toString('utf8').trim();
  return jsonErrorOffset(text) === -1 || (text.startsWith('{"') && text.endsWith('}'));
}

function* readDocument(bytes: Buffer, prefix: string, at: number): Generator<FhirRead> {
  const where = (offset: number) => prefix + (prefix === '' ? linePosition(bytes, at, offset) : `byte ${at + offset}`);
  if (!isUtf8(bytes)) return yield problem('NOT_UTF8', where(0), 'JSON is UTF-8, and this is not');
  const text = bytes.toString('utf8').replace(/^\ufeff/, '');
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    const broken = jsonErrorOffset(text);
    const offset = Buffer.byteLength(text.slice(0, broken === -1 ? 0 : broken));
    return yield problem(
      'NOT_JSON',
      where(offset),
      broken === text.length ? 'the JSON ends too early' : 'not JSON here',
    );
  }
  const number = unkeptNumber(text);
  const loss = notCanonical(value) ?? number;
  if (loss !== undefined) return yield invalid('VALUE_NOT_KEPT', `${prefix}${loss.pointer || '/'}`, loss.why);
  yield* open(value, { prefix, pointer: '' }, null);
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

function problem(code: string, position: string, message: string): FhirRead {
  return { kind: 'problem', problem: { category: 'unreadable', code, position, message } };
}

function invalid(code: string, position: string, message: string): FhirRead {
  return { kind: 'problem', problem: { category: 'schema-invalid', code, position, message } };
}
