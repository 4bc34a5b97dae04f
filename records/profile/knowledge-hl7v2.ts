/** What the fields of HL7 v2.3 to 2.5.1 hold, by segment and field. */
import { UNKNOWN, type Knowledge, type PhiClass } from './phi.ts';

const identifier = (phi: PhiClass): Knowledge => ({ phi, isIdentifier: true });
const DATE: Knowledge = { phi: 'date', expected: 'date' };
const COMING: Knowledge = { phi: 'date', expected: 'date', moment: 'coming' };
const NAME: Knowledge = { phi: 'name' };
const PHONE: Knowledge = { phi: 'phone' };
const ADDRESS: Knowledge = { phi: 'address' };
const TEXT: Knowledge = { phi: 'free-text' };

/** Fields of each kind: `PID 5 6 9` are PID-5, PID-6 and PID-9. */
const FIELDS: readonly (readonly [Knowledge, string])[] = [
  [identifier('record-number'), 'PID 2 3 4 21, MRG 1 2 3 4, PV1 5, NK1 33'],
  [identifier('account'), 'PID 18, PV1 19 50, MRG 5 6, GT1 2, FT1 2 23'],
  [identifier('ssn'), 'PID 19, NK1 37, GT1 12, IN2 2'],
  [identifier('licence'), 'PID 20'],
  [identifier('health-plan'), 'IN1 2 36 49, IN2 6 8 25 26'],
  [identifier('identifier'), 'MSH 10, OBR 2 3, ORC 2 3 4, TXA 12 13 14, SCH 1 2, FT1 1, BHS 11, FHS 11'],
  [
    NAME,
    'PID 5 6 9, NK1 2 30, MRG 7, GT1 3 4, IN1 16, PV1 7 8 9 17 52, OBR 10 16 28 32 33 34 35, OBX 16, ' +
      'ORC 10 11 12 19, EVN 5, DG1 16, TXA 5 9 10 11 22, PR1 8 11 12, RXA 10, AIP 3, SCH 12 16 20, PD1 4, FT1 20 21, ' +
      'STF 3, ROL 4',
  ],
  [ADDRESS, 'PID 11 12 23, NK1 4 32, GT1 5, IN1 5 19, ORC 22 24, SCH 14 18'],
  [PHONE, 'PID 13 14, NK1 5 6 31, GT1 6 7, IN1 7, OBR 17, ORC 14 23, SCH 13 17'],
  [{ phi: 'date', expected: 'date', moment: 'birth' }, 'PID 7'],
  [
    DATE,
    'PID 29 33, EVN 2 3 6, MSH 7, PV1 44 45, OBR 6 7 8 14 22, OBX 12 14 19, ORC 9, TXA 4 6 7 8, DG1 5 19, ' +
      'AL1 6, PR1 5, RXA 3 4 22, FT1 4 5, ACC 1, NK1 16, GT1 8, IN1 18, BHS 7, FHS 7, SPM 18',
  ],
  [
    COMING,
    'OBR 27 36, ORC 15, IN1 12 13, NK1 8 9, PV2 8 9, SCH 11, AIS 4, AIG 8, AIL 6, AIP 6, RXA 16, SPM 17, TQ1 7 8',
  ],
  [TEXT, 'NTE 3, OBX 5, OBR 13 31, ORC 16, DG1 4, PR1 4, TXA 16, SCH 7'],
];

const KNOWN: ReadonlyMap<string, Knowledge> = new Map(
  FIELDS.flatMap(([knowledge, text]) =>
    text.split(', ').flatMap((part) => {
      const [segment = '', ...fields] = part.split(' ');
      return fields.map((field) => [`${segment}-${field}`, knowledge] as const);
    }),
  ),
);

/** Components 3 and 6 of a coded element name its code systems; these are the fields that are one. */
const CODED = new Set(
  (
    'OBR-4 OBR-15 OBR-31 OBR-44 OBX-3 OBX-5 OBX-6 OBX-8 DG1-3 AL1-2 AL1-3 AL1-4 AL1-5 PR1-3 RXA-5 RXA-9 RXE-2 RXO-1 ' +
    'PID-10 PID-15 PID-16 PID-17 PID-22 NK1-3 SPM-4 FT1-7 FT1-19 FT1-25 IN1-2 TXA-2 GT1-11 NK1-20 NK1-28 ' +
    'RXR-1 RXR-2 PV2-3'
  ).split(' '),
);

/** `path` as `PID-5.1`. */
export function hl7Knowledge(path: string): Knowledge {
  const [, field = '', component = '1'] = /^([A-Z0-9]{3}-\d+)(?:\.(\d+))?/.exec(path) ?? [];
  if (CODED.has(field) && (component === '3' || component === '6')) return { phi: 'none', codeSystem: 'table-0396' };
  const known = KNOWN.get(field);
  if (known === undefined) return UNKNOWN;
  if (component === '1') return known;
  // Beyond the first component dates have a degree of precision, identifiers their authority and type.
  if (known.expected === 'date' || known.isIdentifier === true) return UNKNOWN;
  return field === 'OBX-5' && component !== '5' && component !== '2' ? UNKNOWN : { phi: known.phi };
}
