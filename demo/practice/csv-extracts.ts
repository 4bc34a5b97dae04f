/** CSV extracts (RFC 4180) as a practice-management system writes them. */
import type { Person } from './people.ts';
import type { Random } from './random.ts';

const PATIENT_COLUMNS = [
  'MRN',
  'LAST',
  'FIRST',
  'MIDDLE',
  'DOB',
  'SEX',
  'PHONE',
  'STREET',
  'CITY',
  'STATE',
  'ZIP',
] as const;

export function patientExtract(rows: readonly Person[]): Buffer {
  const cells = rows.map((each) => [
    each.mrn,
    each.last,
    each.first,
    each.middle,
    each.born,
    each.sex,
    each.phone,
    each.street,
    each.city,
    each.state,
    each.zip,
  ]);
  return csv([PATIENT_COLUMNS, ...cells]);
}

export function chargeExtract(everybody: readonly Person[], random: Random): Buffer {
  const rows = everybody.map((each, at) => [
    `CHG${String(at + 1).padStart(6, '0')}`,
    each.mrn,
    day(random),
    random.pick(['99213', '99214', '93000', '85025']),
    `${random.integer(40, 320)}.${random.pick(['00', '50'])}`,
  ]);
  return csv([['CHARGE_ID', 'MRN', 'SERVICE_DATE', 'CPT', 'AMOUNT'], ...rows]);
}

/** Who opened whose chart, as an access log tells it. */
export function accessLog(everybody: readonly Person[], random: Random): Buffer {
  const rows = everybody.map((each, at) => [
    `ACC${String(at + 1).padStart(6, '0')}`,
    `${day(random)}T1${random.integer(0, 9)}:05:00-04:00`,
    random.pick(['nurse-4', 'physician-2', 'coder-1', 'registrar-3']),
    random.pick(['view', 'print', 'edit', 'break-glass']),
    each.mrn,
  ]);
  return csv([['ENTRY_ID', 'AT', 'USER', 'ACTION', 'MRN'], ...rows]);
}

export function csv(rows: readonly (readonly string[])[]): Buffer {
  return Buffer.from(rows.map((row) => `${row.map(cell).join(',')}\r\n`).join(''));
}

function day(random: Random): string {
  return `2026-0${random.integer(1, 9)}-${String(random.integer(1, 28)).padStart(2, '0')}`;
}

function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
