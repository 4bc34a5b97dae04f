/** For connectors that move HL7 v2: as much of a message as transport has to know, and what an acknowledgement says. */
import { createHash } from 'node:crypto';

/** What MSH says (HL7 2.9, 2.14.9). Texts are bytes read as latin1, so that equal texts are equal bytes. */
export interface Header {
  /** MSH-3 and MSH-4: who counts the control ids. */
  readonly sender: string;
  /** MSH-10. */
  readonly controlId: string;
  /** MSH-15 and MSH-16: under which circumstances an acknowledgement is asked for (table 0155). */
  readonly acceptAck: string;
  readonly applicationAck: string;
  /** MSH-1 and MSH-2. */
  readonly delimiters: string;
  readonly fields: readonly string[];
}

/** Which acknowledgements have to come before a message counts as acknowledged. */
export interface Awaited {
  /** CA, CE or CR: the receiver has stored it, or will not. */
  readonly accept: boolean;
  /** AA, AE or AR: the application has processed it, or will not. */
  readonly application: boolean;
}

/** Asked for whatever happens, or when it went well. */
const ON_SUCCESS = ['AL', 'SU'];

/** Undefined: if all goes well nothing comes, and nothing could be told from a message that was lost. */
export function awaitedBy({ acceptAck, applicationAck }: Header): Awaited | undefined {
  // Original mode: one acknowledgement, by the application.
  if (acceptAck === '' && applicationAck === '') return { accept: false, application: true };
  const awaited = { accept: ON_SUCCESS.includes(acceptAck), application: ON_SUCCESS.includes(applicationAck) };
  return awaited.accept || awaited.application ? awaited : undefined;
}

const CR = 0x0d;
/** The longest MSH that is looked at. */
const HEADER_BYTES_MAX = 4096;
const FIELDS_MIN = 10;

/** The header, or why there is none that can be relied on. */
export function headerOf(message: Uint8Array): Header | { readonly problem: string } {
  const head = Buffer.from(message.subarray(0, HEADER_BYTES_MAX)).toString('latin1');
  if (!head.startsWith('MSH')) return { problem: 'it does not begin with MSH' };
  const end = head.search(/[\r\n]/);
  if (end === -1 && message.byteLength > HEADER_BYTES_MAX) return { problem: 'its MSH has no end' };
  if (end !== -1 && head[end] === '\n') return { problem: 'its segments do not end with CR (HL7 2.9, 2.5.2)' };
  const segment = end === -1 ? head : head.slice(0, end);
  const separator = segment[3] ?? '';
  if (separator === '' || /[A-Za-z0-9\s]/.test(separator)) return { problem: 'MSH-1 is no separator' };
  const fields = segment.split(separator);
  const [, encoding = '', application = '', facility = ''] = fields;
  const controlId = fields[FIELDS_MIN - 1] ?? '';
  if (controlId === '') return { problem: 'it has no control id (MSH-10)' };
  return {
    sender: `${application}${separator}${facility}`,
    controlId,
    acceptAck: fields[14] ?? '',
    applicationAck: fields[15] ?? '',
    delimiters: separator + encoding,
    fields,
  };
}

/** Why bytes are not exactly one message; undefined when they are. */
export function wholeMessageProblem(message: Uint8Array): string | undefined {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  for (const kind of ['MSH', 'FHS', 'BHS', 'BTS', 'FTS']) {
    if (bytes.indexOf(`\r${kind}`, 0, 'latin1') !== -1)
      return `another ${kind} stands in it: it holds several messages`;
  }
  return undefined;
}

/** Names a message where its control id may not stand: `printf %s ID | sha256sum | cut -c1-12`. */
export function nameOf(controlId: string): string {
  return `MSH-10 #${createHash('sha256').update(controlId, 'latin1').digest('hex').slice(0, 12)}`;
}

export const ACK_CODES = ['AA', 'AE', 'AR', 'CA', 'CE', 'CR'] as const;
/** Table 0008. */
export type AckCode = (typeof ACK_CODES)[number];

/** What an acknowledgement says (MSA, ERR). */
export interface Answer {
  readonly code: AckCode;
  /** MSA-2. */
  readonly controlId: string;
  /** ERR-2 and ERR-3 where they are a place and a code and nothing more: both can hold what a patient is called by. */
  readonly place: string | undefined;
  readonly error: string | undefined;
}

const PLACE = /^[A-Z][A-Z0-9]{2}(\^\d{1,5}){0,5}$/;
const ERROR_CODE = /^\d{1,5}$/;

/** The answer, or undefined when it is none. */
export function answerOf(message: Uint8Array): Answer | undefined {
  const header = headerOf(message);
  if ('problem' in header) return undefined;
  const separator = header.delimiters[0] ?? '|';
  const segments = Buffer.from(message)
    .toString('latin1')
    .split(String.fromCharCode(CR))
    .map((segment) => segment.split(separator));
  const [, code = '', controlId = ''] = segments.find(([name]) => name === 'MSA') ?? [];
  const known = ACK_CODES.find((each) => each === code);
  if (known === undefined || controlId === '') return undefined;
  const [, , place = '', error = ''] = segments.find(([name]) => name === 'ERR') ?? [];
  const [errorCode = ''] = error.split(header.delimiters[1] ?? '^');
  return {
    code: known,
    controlId,
    place: PLACE.test(place) ? place : undefined,
    error: ERROR_CODE.test(errorCode) ? errorCode : undefined,
  };
}
