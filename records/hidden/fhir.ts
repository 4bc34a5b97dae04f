/** What FHIR resources hide: attachments, binaries and pointers to them, versions and addenda of notes (FHIR R4). */
import type { Json } from '../../kernel/canonical-json.ts';
import { gather } from '../item-bytes.ts';
import { isArray, isObject, type JsonObject } from '../leaves.ts';
import { LineReader } from '../lines.ts';
import type { HiddenCount } from './hidden.ts';
import { isRelativePath } from './paths.ts';

/** A larger document, or a longer line, is noted and passed over. */
const DOCUMENT_BYTES_MAX = 32 * 1024 * 1024;
const DEPTH_MAX = 200;
/** The elements of Attachment (FHIR R4 2.24.0.3). */
const ATTACHMENT: ReadonlySet<string> = new Set(
  'id extension contentType _contentType language _language data url _url size hash title _title creation'.split(' '),
);
/** The names under which R4 resources keep an Attachment. */
const ATTACHMENT_NAMES = /(?:^a|A)ttachment$|^(?:photo|presentedForm|content|image)$/;
const BINARY = /(?:^|\/)Binary\/([A-Za-z0-9.-]{1,64})(?:\/_history\/[A-Za-z0-9.-]{1,64})?$/;

export async function seeFhir(chunks: AsyncIterable<Uint8Array>, seen: HiddenCount): Promise<void> {
  const lines = new LineReader(chunks, DOCUMENT_BYTES_MAX);
  let line = await lines.next();
  while (line !== undefined && line.bytes.toString('latin1').trim() === '') line = await lines.next();
  const first = line === undefined || line.cut ? undefined : parsed(line.bytes);
  if (line !== undefined && first === undefined && !line.cut) {
    const rest = await gather(lines.rest(), DOCUMENT_BYTES_MAX - line.bytes.length);
    const whole = rest && parsed(Buffer.concat([line.bytes, Buffer.from('\n'), rest]));
    if (whole === undefined) seen.note(rest === undefined ? 'TOO_LARGE_TO_LOOK_INTO' : 'NOT_JSON', 'byte 0');
    else seeResource(whole, seen, '');
    return;
  }
  for (; line !== undefined; line = await lines.next()) {
    const position = `line ${line.number} `;
    const value = line.cut ? undefined : parsed(line.bytes);
    if (line.cut) seen.note('TOO_LARGE_TO_LOOK_INTO', position.trim());
    else if (value !== undefined) seeResource(value, seen, position);
    else if (line.bytes.length > 0) seen.note('NOT_JSON', position.trim());
  }
}

function parsed(bytes: Buffer): Json | undefined {
  try {
    return JSON.parse(bytes.toString('utf8').replace(/^\ufeff/, '')) as Json;
  } catch {
    return undefined;
  }
}

/** Looks at a resource and at every resource inside it. */
function seeResource(value: Json, seen: HiddenCount, prefix: string): void {
  walk(value, '', 0);

  function walk(node: Json | undefined, pointer: string, depth: number): void {
    if (depth > DEPTH_MAX) return seen.note('NESTED_TOO_DEEPLY', `${prefix}${pointer}`);
    if (isArray(node)) node.forEach((each, at) => walk(each, `${pointer}/${at}`, depth + 1));
    if (!isObject(node)) return;
    if (typeof node['resourceType'] === 'string') KINDS[node['resourceType']]?.(node, seen, `${prefix}${pointer}`);
    seeFullUrl(node, seen);
    for (const [name, each] of Object.entries(node)) {
      const place = `${pointer}/${name}`;
      if (name === 'reference' && typeof each === 'string') seeReference(each, seen);
      else if (ATTACHMENT_NAMES.test(name)) seeAttachments(each, seen, `${prefix}${place}`);
      walk(each, place, depth + 1);
    }
  }
}

const KINDS: Readonly<Record<string, (resource: JsonObject, seen: HiddenCount, position: string) => void>> = {
  AuditEvent: (_, seen) => seen.count('audit-entry'),
  ImagingStudy: (_, seen) => seen.count('imaging-reference'),
  Binary: seeBinary,
  DocumentReference: seeNote,
  Composition: seeNote,
  DiagnosticReport: seeResult,
  ServiceRequest: seeOrder,
};

function seeBinary(resource: JsonObject, seen: HiddenCount, position: string): void {
  seen.link('binary', 'holds', textOf(resource['id']));
  if (textOf(resource['data']) !== '') return seen.count('attachment');
  seen.count('attachment-without-data');
  seen.note('ATTACHMENT_WITHOUT_DATA', position);
}

/** A bundle's entry may be referred to by its full URL. */
function seeFullUrl({ fullUrl, resource }: JsonObject, seen: HiddenCount): void {
  if (typeof fullUrl !== 'string' || !isObject(resource) || resource['resourceType'] !== 'Binary') return;
  if (!BINARY.test(fullUrl)) seen.link('binary', 'holds', fullUrl);
}

function seeReference(reference: string, seen: HiddenCount): void {
  const id = BINARY.exec(reference)?.[1];
  if (id !== undefined) seen.link('binary', 'needs', id);
}

function seeAttachments(value: Json | undefined, seen: HiddenCount, position: string): void {
  for (const [at, each] of (isArray(value) ? value : [value]).entries()) {
    if (isObject(each) && isAttachment(each))
      seeAttachment(each, seen, isArray(value) ? `${position}/${at}` : position);
  }
}

function isAttachment(value: JsonObject): boolean {
  return Object.keys(value).every((name) => ATTACHMENT.has(name));
}

function seeAttachment({ data, url }: JsonObject, seen: HiddenCount, position: string): void {
  const pointer = textOf(url);
  if (textOf(data) !== '' || pointer.startsWith('data:')) return seen.count('attachment');
  if (pointer === '') {
    seen.count('attachment-without-data');
    return seen.note('ATTACHMENT_WITHOUT_DATA', position);
  }
  // What a resource contains is counted where it stands.
  if (pointer.startsWith('#')) return;
  seen.count('attachment-pointer');
  const binary = BINARY.exec(pointer)?.[1] ?? (pointer.startsWith('urn:') ? pointer : undefined);
  if (binary !== undefined) seen.link('binary', 'needs', binary);
  else if (isRelativePath(pointer)) seen.path(pointer);
}

/** DocumentReference.relatesTo and Composition.relatesTo: replaces, transforms, signs or appends. */
function seeNote(resource: JsonObject, seen: HiddenCount): void {
  const type = textOf(resource['resourceType']);
  const id = textOf(resource['id']);
  if (id !== '') seen.link('note', 'holds', `${type}/${id}`);
  for (const relation of listOf(resource['relatesTo'])) {
    seen.count(relation['code'] === 'appends' ? 'addendum' : 'note-version');
    const target = relation['target'] ?? relation['targetReference'];
    const reference = isObject(target) ? textOf(target['reference']) : '';
    const known = /(?:^|\/)((?:DocumentReference|Composition)\/[A-Za-z0-9.-]{1,64})$/.exec(reference)?.[1];
    if (known !== undefined) seen.link('note', 'needs', known);
  }
}

/** A completed order has a result somewhere. */
function seeOrder(resource: JsonObject, seen: HiddenCount): void {
  seen.count('order');
  const id = textOf(resource['id']);
  if (id !== '' && resource['status'] === 'completed') seen.link('order', 'needs', `ServiceRequest/${id}`);
}

function seeResult(resource: JsonObject, seen: HiddenCount): void {
  seen.count('result');
  for (const { reference } of listOf(resource['basedOn'])) {
    const known = /(?:^|\/)(ServiceRequest\/[A-Za-z0-9.-]{1,64})$/.exec(textOf(reference))?.[1];
    if (known !== undefined) seen.link('order', 'holds', known);
  }
}

function listOf(value: Json | undefined): readonly JsonObject[] {
  return isArray(value) ? value.filter(isObject) : [];
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
