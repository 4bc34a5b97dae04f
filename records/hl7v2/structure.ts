/** What a message must have to be a message of its type (HL7 v2.3 to 2.5.1, the parts a migration relies on). */
import type { Problem } from '../format.ts';
import type { CharsetFault } from './charsets.ts';
import type { Hl7Message } from './message.ts';

/** Required segments by message code (MSH-9.1), beyond MSH. */
const REQUIRED_SEGMENTS: Readonly<Record<string, readonly string[]>> = {
  ADT: ['PID'],
  ORU: ['PID', 'OBR', 'OBX'],
  MDM: ['PID', 'TXA'],
  ORM: ['PID', 'ORC'],
  SIU: ['SCH'],
  DFT: ['PID', 'FT1'],
  RDE: ['PID', 'ORC', 'RXE'],
  VXU: ['PID'],
  ACK: ['MSA'],
};

/** Trigger events that speak of a bed, not of a patient. */
const WITHOUT_PATIENT: readonly string[] = ['ADT^A20'];

type Report = (problem: Problem) => void;

/** Problems that make it unsafe to take any value out of the message. */
export function checkReadable(message: Hl7Message, position: string, report: Report): void {
  message.ids.forEach((id, segment) => {
    if (id !== '') return;
    const at = `${position} segment ${segment + 1}`;
    report(invalid('SEGMENT_MALFORMED', at, 'a line is not a segment: no segment id and field separator'));
  });
  const { charsetFault } = message;
  // A guess is told where the original is examined; most senders of it have meant what is read.
  if (charsetFault !== undefined && charsetFault !== 'undeclared') report(charsetProblem(charsetFault, position));
  checkSwitched(message, position, report);
  checkTruncated(message, position, report);
  if (message.text.includes('\0')) report(invalid('NUL_BYTE', position, 'the message holds a NUL character'));
}

const CHARSET_FAULTS: Readonly<Record<CharsetFault, readonly [code: string, why: string]>> = {
  mismatch: ['CHARSET_MISMATCH', 'the bytes are not in the character set declared here'],
  unknown: ['CHARSET_UNKNOWN', 'the character set declared here is not known, and the message is not all ASCII'],
  undeclared: ['CHARSET_UNDECLARED', 'no character set is declared; what is not ASCII was taken for windows-1252'],
  switched: ['CHARSET_SWITCHED', 'parts of the message are in an alphabet that is not declared here, or not known'],
};

function charsetProblem(fault: CharsetFault, position: string): Problem {
  const [code, why] = CHARSET_FAULTS[fault];
  return invalid(code, `${position} MSH-18`, why);
}

/** Escape sequences with bytes of another character set (chapter 2.7.2 and 2.7.3): nothing here reads them. */
function checkSwitched(message: Hl7Message, position: string, report: Report): void {
  const { escape } = message.delimiters;
  const opened = ['C', 'M'].filter((kind) => message.text.includes(escape + kind));
  if (opened.length === 0) return;
  const isSwitch = (part: string): boolean => /^(?:C[0-9A-F]{4}|M[0-9A-F]{4}(?:[0-9A-F]{2})?)$/i.test(part);
  message.ids.forEach((id, segment) => {
    if (id === 'MSH' || !opened.some((kind) => message.segmentText(segment).includes(escape + kind))) return;
    for (let field = 1; field <= message.fieldCount(segment); field++) {
      if (!message.rawField(segment, field).split(escape).slice(1, -1).some(isSwitch)) continue;
      const why = 'an escape sequence switches to another character set, which is not read';
      report(invalid('CHARSET_SWITCHED', fieldPosition(message, segment, field, position), why));
    }
  });
}

/** Since 2.7 a sender may cut a value to the length its receiver keeps, and say so at its end (chapter 2.5.5.2). */
function checkTruncated(message: Hl7Message, position: string, report: Report): void {
  const { truncation, component, repetition, subcomponent } = message.delimiters;
  if (truncation === undefined) return;
  const ends: readonly (string | undefined)[] = [component, repetition, subcomponent, undefined];
  message.ids.forEach((id, segment) => {
    if (id === 'MSH' || !message.segmentText(segment).includes(truncation)) return;
    for (let field = 1; field <= message.fieldCount(segment); field++) {
      const raw = message.rawField(segment, field);
      let at = raw.indexOf(truncation);
      while (at !== -1 && !ends.includes(raw[at + 1])) at = raw.indexOf(truncation, at + 1);
      if (at === -1) continue;
      const why = 'the sender has cut this value off; ask for all of it';
      const place = fieldPosition(message, segment, field, position);
      report({ category: 'content-implausible', code: 'VALUE_TRUNCATED', position: place, message: why });
    }
  });
}

/** Reports what the message lacks. */
export function checkStructure(message: Hl7Message, position: string, report: Report): void {
  if (message.charsetFault === 'undeclared') report(charsetProblem(message.charsetFault, position));
  if (message.word(0, 9) === '') report(invalid('MESSAGE_TYPE_MISSING', `${position} MSH-9`, 'no message type'));
  if (message.controlId === '') report(invalid('CONTROL_ID_MISSING', `${position} MSH-10`, 'no control id'));
  for (const id of requiredSegments(message)) {
    if (message.find(id) === -1) report(invalid('SEGMENT_MISSING', `${position} ${id}`, `no ${id} segment`));
  }
  message.ids.forEach((id, segment) => {
    if (id === 'PID') checkPatient(message, segment, position, report);
    else if (id === 'OBX') checkObservation(message, segment, position, report);
  });
}

/** The segments that a migration cannot do without in a message of its type. */
export function requiredSegments(message: Hl7Message): readonly string[] {
  if (WITHOUT_PATIENT.includes(message.type)) return [];
  return REQUIRED_SEGMENTS[message.word(0, 9)] ?? [];
}

function checkPatient(message: Hl7Message, segment: number, position: string, report: Report): void {
  if (!requiredSegments(message).includes('PID') || message.word(segment, 3) !== '') return;
  report(invalid('PATIENT_ID_MISSING', fieldPosition(message, segment, 3, position), 'no patient identifier'));
}

const DATA_TYPE = 2;
const OBSERVATION_ID = 3;
const VALUE = 5;
const STATUS = 11;

function checkObservation(message: Hl7Message, segment: number, position: string, report: Report): void {
  const at = (field: number) => fieldPosition(message, segment, field, position);
  const hasValue = message.rawField(segment, VALUE) !== '';
  if (hasValue && message.word(segment, DATA_TYPE) === '') {
    report(invalid('VALUE_TYPE_MISSING', at(DATA_TYPE), 'a value without its data type'));
  }
  if (message.rawField(segment, OBSERVATION_ID) === '') {
    report(invalid('OBSERVATION_ID_MISSING', at(OBSERVATION_ID), 'no observation identifier'));
  }
  if (message.word(segment, STATUS) === '') {
    report(invalid('RESULT_STATUS_MISSING', at(STATUS), 'no observation result status'));
  }
  if (message.word(segment, DATA_TYPE) === 'ED' && hasValue) checkDocument(message, segment, at(VALUE), report);
}

const ENCODING_COMPONENT = 4;
const DATA_COMPONENT = 5;

/** Encapsulated data: OBX-5.4 is A, Hex or Base64 (HL7 table 0299), OBX-5.5 the data. */
function checkDocument(message: Hl7Message, segment: number, position: string, report: Report): void {
  const encoding = message.word(segment, VALUE, ENCODING_COMPONENT).toLowerCase();
  const data = (message.value(segment, { field: VALUE, component: DATA_COMPONENT }) ?? '').replaceAll(/\s/g, '');
  if (data === '') report(invalid('DOCUMENT_MISSING', position, 'an encapsulated document without data'));
  else if ((encoding === 'base64' || encoding === '') && !isBase64(data)) {
    report({ category: 'unreadable', code: 'BASE64_INVALID', position, message: 'the document is not base64' });
  } else if (encoding === 'hex' && (data.length % 2 !== 0 || !/^[0-9A-Fa-f]*$/.test(data))) {
    report({ category: 'unreadable', code: 'HEX_INVALID', position, message: 'the document is not hexadecimal' });
  }
}

function isBase64(data: string): boolean {
  return data.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(data);
}

/** For example `OBX[3]`: the third OBX of the message. */
export function segmentName(message: Hl7Message, segment: number): string {
  return `${message.ids[segment] ?? ''}[${message.ordinal(segment)}]`;
}

/** For example `message 2 OBX[3]-5`: the third OBX of the message, its fifth field. */
export function fieldPosition(message: Hl7Message, segment: number, field: number, position: string): string {
  return `${position} ${segmentName(message, segment)}-${field}`;
}

function invalid(code: string, position: string, message: string): Problem {
  return { category: 'schema-invalid', code, position, message };
}
