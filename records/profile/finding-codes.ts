/** What a profile can find, and which requirement (docs/requirements.md) asks for it. */
import type { Severity } from '../../kernel/exception.ts';

export interface FindingCode {
  readonly requirement: string;
  readonly severity: Severity;
  /** What it means and what would help. */
  readonly detail: string;
}

const finding = (requirement: string, severity: Severity, detail: string): FindingCode => ({
  requirement,
  severity,
  detail,
});

export const FINDING_CODES: Readonly<Record<string, FindingCode>> = {
  DATE_FORMAT_MIXED: finding(
    'J04',
    'P2',
    'one field writes dates in several ways; give its rule every shape, or split it',
  ),
  DATE_OFFSET_MIXED: finding(
    'J07',
    'P3',
    'some times of the field have an offset and some have none; declare the zone of the others',
  ),
  DATE_MALFORMED: finding('J07', 'P2', 'a field for dates holds something that is no date'),
  DATE_IMPOSSIBLE: finding('J07', 'P3', 'what is written like a date is no day of any calendar'),
  DATE_SENTINEL: finding('J07', 'P3', 'a date that stands for no date; list it under ignore in the lineage map'),
  DATE_FUTURE: finding('J07', 'P3', 'a date that lies ahead in a field for what has happened'),
  DATE_BEFORE_BIRTH: finding(
    'J07',
    'P2',
    'something happened to the patient before the date of birth in the same record',
  ),
  YEAR_TWO_DIGITS: finding('J07', 'P2', 'years of two digits: decide on the century before they are mapped'),
  IDENTIFIER_ZEROS_LOST: finding('J04', 'P1', 'the same identifier stands with and without its leading zeros'),
  IDENTIFIER_WIDTH_VARIES: finding(
    'J04',
    'P2',
    'most identifiers are padded to one width and some are shorter: zeros may be lost',
  ),
  KEY_DUPLICATE: finding('J09', 'P2', 'several records have the same key; only one of them can be found by it'),
  REFERENCE_ORPHAN: finding('J11', 'P2', 'a reference to a record that is nowhere in the dataset'),
  CHARSET_DAMAGED: finding(
    'A23',
    'P2',
    'characters were lost or read in the wrong character set before they came here',
  ),
  CHARSET_UNDECLARED: finding(
    'A23',
    'P3',
    'characters beyond ASCII in messages that declare no character set: windows-1252 was taken for it',
  ),
  CONTROL_CHARACTER: finding('A23', 'P3', 'a value holds control characters'),
  TEXT_OVERLONG: finding('J08', 'P3', 'a text longer than many targets keep; see that the target does not cut it'),
  COLUMN_SWAPPED: finding('J04', 'P2', 'values look like those of another column: two columns may be swapped'),
  CODE_SYSTEM_UNKNOWN: finding('B04', 'P3', 'codes of a system that is not registered; they need a code map'),
  ROW_RAGGED: finding('A23', 'P2', 'rows with more or fewer cells than the header has columns'),
  HEADER_MISSING: finding('A23', 'P2', 'the first row holds values and no names of columns'),
  FIELDS_OVERFLOW: finding(
    'A08',
    'P3',
    'there are more fields than are profiled one by one; the others are counted together',
  ),
};

const UNLISTED = finding('A23', 'P2', 'part of an item could not be read as its format');

/** Codes of the readers, which say that something could not be read, are not in the table. */
export function findingCode(code: string): FindingCode {
  return FINDING_CODES[code] ?? UNLISTED;
}
