/** HL7 v2.5.1 messages as an interface engine leaves them in a folder: ADT, ORU, MDM, and an FHS/BHS batch. */
import type { Person } from './people.ts';
import type { Random } from './random.ts';
import { twoDigits } from './people.ts';

const TESTS = [
  ['2345-7', 'Glucose [Mass/volume] in Serum or Plasma', 'mg/dL', 70, 140],
  ['718-7', 'Hemoglobin [Mass/volume] in Blood', 'g/dL', 11, 17],
  ['2951-2', 'Sodium [Moles/volume] in Serum or Plasma', 'mmol/L', 133, 147],
  ['4548-4', 'Hemoglobin A1c/Hemoglobin.total in Blood', '%', 5, 9],
] as const;

const DOCTOR = '1234567893^Okafor^Ngozi^^^Dr';
const PANEL = '24323-8^Comprehensive metabolic panel^LN';

/** Control ids count without a gap: `ADT000001`, `ADT000002`... */
export function controlId(prefix: string, number: number): string {
  return `${prefix}${String(number).padStart(6, '0')}`;
}

export function admission(control: string, person: Person, random: Random): Buffer {
  const at = moment(random);
  return message([
    header('ADT^A04^ADT_A01', control, at),
    `EVN|A04|${at}`,
    patientSegment(person),
    `PV1|1|O|CLINIC^${random.integer(1, 9)}^1||||${DOCTOR}|||MED||||||||OP|V${control.slice(3)}${'|'.repeat(25)}${at}`,
  ]);
}

/** Its first value ends in a zero that counts, whatever the seed. */
const ROUND_REPORT = 'ORU000077';

/** One report with three numeric observations and a comment. */
export function labReport(control: string, person: Person, random: Random): Buffer {
  const at = moment(random);
  const start = random.integer(0, TESTS.length - 1);
  const observations = [0, 1, 2].map((step) => {
    const [code, name, unit, low, high] = TESTS[(start + step) % TESTS.length] ?? TESTS[0];
    const [whole, tenth] = [random.integer(low, high), random.integer(0, 9)];
    const value = `${whole}.${control === ROUND_REPORT && step === 0 ? 0 : tenth}`;
    return `OBX|${step + 1}|NM|${code}^${name}^LN||${value}|${unit}^${unit}^UCUM|${low}-${high}|N|||F|||${at}`;
  });
  return message([
    header('ORU^R01^ORU_R01', control, at),
    patientSegment(person),
    `PV1|1|O|CLINIC^1^1||||||||||||||||V${control.slice(3)}`,
    `OBR|1|PL${control}|FI${control}|${PANEL}|||${at}${'|'.repeat(9)}${DOCTOR}||||||${at}||LAB|F`,
    ...observations,
    'NTE|1|L|Specimen received in good order \\T\\ processed the same day',
  ]);
}

/** A transcribed note with its PDF inside OBX-5 (ED, base 64). */
export function transcription(control: string, person: Person, pdf: Buffer, random: Random): Buffer {
  const at = moment(random);
  return message([
    header('MDM^T02^MDM_T02', control, at),
    `EVN|T02|${at}`,
    patientSegment(person),
    `PV1|1|O|CLINIC^1^1||||||||||||||||V${control.slice(3)}`,
    `TXA|1|PN|application/pdf|${at}|${DOCTOR}||||||DOC${control.slice(3)}|||||AU`,
    `OBX|1|ED|11506-3^Progress note^LN||^application^pdf^Base64^${pdf.toString('base64')}||||||F`,
  ]);
}

/** A batch file (HL7 v2.5.1 section 2.10.3); `declared` goes into BTS-1. */
export function batchFile(name: string, messages: readonly Buffer[], declared: number): Buffer {
  const at = '20261101060000-0500';
  return Buffer.concat([
    Buffer.from(`FHS|^~\\&|PRACTICE|ASHFIELD|||${at}||${name}\rBHS|^~\\&|PRACTICE|ASHFIELD|||${at}||||${name}\r`),
    ...messages,
    Buffer.from(`BTS|${declared}\rFTS|1\r`),
  ]);
}

function header(type: string, control: string, at: string): string {
  return `MSH|^~\\&|PRACTICE|ASHFIELD|WAYBILL|TARGET|${at}||${type}|${control}|P|2.5.1|||AL|NE||UNICODE UTF-8`;
}

function patientSegment(person: Person): string {
  const { mrn, last, first, middle, born, sex, street, city, state, zip, phone } = person;
  const name = [last, first, middle].map(escaped).join('^');
  const address = `${escaped(street)}^^${city}^${state}^${zip}`;
  return `PID|1||${mrn}^^^PRACTICE^MR||${name}||${born.replaceAll('-', '')}|${sex}|||${address}||${phone}`;
}

function escaped(text: string): string {
  return text.replace(
    /[\\|^&~]/g,
    (each) => `\\${{ '\\': 'E', '|': 'F', '^': 'S', '&': 'T', '~': 'R' }[each] ?? ''}\\`,
  );
}

function moment(random: Random): string {
  const day = `2026${twoDigits(random.integer(4, 9))}${twoDigits(random.integer(1, 28))}`;
  return `${day}${twoDigits(random.integer(8, 17))}${twoDigits(random.integer(0, 59))}00-0400`;
}

function message(segments: readonly string[]): Buffer {
  return Buffer.from(segments.map((segment) => `${segment}\r`).join(''));
}
