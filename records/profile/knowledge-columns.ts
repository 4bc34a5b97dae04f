/** What the columns of an extract hold, by the words of their names. */
import { UNKNOWN, type Knowledge } from './phi.ts';

/** Names of things, not of people. */
const THINGS = anyOf(
  'FILE DRUG TEST CODE MEDICATION ORGANIZATION ORGANISATION ORG FACILITY HOSPITAL PAYER PLAN PROCEDURE COLUMN SYSTEM ' +
    'INSURANCE DEPARTMENT DEPT LAB PRODUCT DEVICE EVENT CONCEPT VACCINE',
);
/** Words of what may still come. */
const COMING = anyOf(
  'EXPIRY EXPIRES EXPIRATION DUE SCHEDULED APPT APPOINTMENT VALID END STOP UNTIL NEXT FOLLOW TERM THRU',
);

const COMING_DATE: Knowledge = { phi: 'date', expected: 'date', moment: 'coming' };

/** The first that matches; order matters. */
const RULES: readonly (readonly [RegExp, Knowledge])[] = [
  [/\b(?:CODE ?SYSTEM|CODING SYSTEM|CODE SYS)\b/, { phi: 'none', codeSystem: 'table-0396' }],
  [/\b(?:SSN|SOC(?:IAL)? ?SEC(?:URITY)?)\b/, { phi: 'ssn', expected: 'ssn', isIdentifier: true }],
  [/\bE ?MAIL\b/, { phi: 'email', expected: 'email' }],
  [/\bIP(?: ADDR(?:ESS)?)?\b/, { phi: 'ip', expected: 'ip' }],
  [/\b(?:PHONE|TEL|TELEPHONE|MOBILE|CELL|FAX|PAGER)\b/, { phi: 'phone', expected: 'phone' }],
  [/\b(?:DOB|BIRTH ?DATE|DATE OF BIRTH|BIRTH ?DT|BIRTHDAY)\b/, { phi: 'date', expected: 'date', moment: 'birth' }],
  [new RegExp(`${COMING.source}.*\b(?:DATE|DT|TIME|ON)\b|^(?:STOP|END)$|^EXPIR\w*$`), COMING_DATE],
  [
    /\b(?:\w*DATE|DT|DTTM|DATETIME|TIMESTAMP|DOD|START|ADMITTED|DISCHARGED)\b|\bTIME$/,
    { phi: 'date', expected: 'date' },
  ],
  [/\b(?:URL|URI|WEBSITE|HOMEPAGE)\b/, { phi: 'url', expected: 'url' }],
  [/\b(?:ZIP|ZIPCODE|POSTAL|POSTCODE|POSTALCODE)\b/, { phi: 'address', expected: 'zip', isIdentifier: true }],
  [
    /\b(?:ADDRESS\d?|ADDR\d?|STREET\d?|CITY|TOWN|COUNTY|STATE|LAT|LON|LONG|LATITUDE|LONGITUDE|BIRTH ?PLACE|PRECINCT)\b/,
    { phi: 'address' },
  ],
  [
    /\b(?:MRN|CHART|MEDICAL RECORD|RECORD (?:NUMBER|NO|NUM)|PAT(?:IENT)?(?: ?ID| NUM\w*| NO)?)$/,
    { phi: 'record-number', isIdentifier: true },
  ],
  [/\b(?:ACCOUNT|ACCT|HAR|GUARANTOR)\b/, { phi: 'account', isIdentifier: true }],
  [/\b(?:MEMBER|SUBSCRIBER|POLICY|MEDICAID|MEDICARE|HICN|MBI)\b/, { phi: 'health-plan', isIdentifier: true }],
  [/\b(?:DRIVERS?|LICEN[SC]E|PASSPORT|DEA|CERTIFICATE)\b/, { phi: 'licence', isIdentifier: true }],
  [/\b(?:VIN|LICENSE PLATE|VEHICLE)\b/, { phi: 'vehicle', isIdentifier: true }],
  [/\b(?:UDI|SERIAL)\b/, { phi: 'device', isIdentifier: true }],
  [/\b(?:PHOTO|IMAGE|PICTURE)\b/, { phi: 'image' }],
  [/\b(?:FINGERPRINT|VOICE ?PRINT|BIOMETRIC)\b/, { phi: 'biometric' }],
  [/\b(?:NOTES?|COMMENTS?|NARRATIVE|REMARKS?|MEMO|FREE ?TEXT|BODY)\b|\bTEXT$/, { phi: 'free-text' }],
  [/\b(?:ID|UUID|GUID|CSN|KEY|ENCOUNTER|VISIT|ORDER (?:NO|NUM\w*))$/, { phi: 'identifier', isIdentifier: true }],
];

const NAMES = /\b(?:\w*NAME|FIRST|LAST|MIDDLE|GIVEN|FAMILY|SURNAME|MAIDEN|PREFIX|SUFFIX|FNAME|LNAME|NEXT OF KIN)\b/;

function anyOf(words: string): RegExp {
  return new RegExp(`\\b(?:${words.replaceAll(' ', '|')})\\b`);
}

/** `FirstName`, `first_name` and `FIRST NAME` are the same words. */
export function wordsOf(column: string): string {
  const spaced = column.replace(/([a-z\d])([A-Z])/g, '$1 $2').replace(/[^A-Za-z\d]+/g, ' ');
  return spaced.trim().toUpperCase();
}

export function columnKnowledge(column: string): Knowledge {
  const words = wordsOf(column);
  const found = RULES.find(([pattern]) => pattern.test(words))?.[1];
  if (found !== undefined) return found;
  return NAMES.test(words) && !THINGS.test(words) ? { phi: 'name' } : UNKNOWN;
}
