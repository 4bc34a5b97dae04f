/** What may be known of a field: which of HIPAA's identifiers it holds, and what its values should look like. */
/** The identifiers of Safe Harbor (45 CFR 164.514(b)(2)(i)), and free text, which may hold any of them. */
export const PHI_CLASSES = [
  'none',
  'name',
  'address',
  'date',
  'phone',
  'email',
  'ssn',
  'record-number',
  'health-plan',
  'account',
  'licence',
  'vehicle',
  'device',
  'url',
  'ip',
  'biometric',
  'image',
  'identifier',
  'free-text',
] as const;
export type PhiClass = (typeof PHI_CLASSES)[number];

export type Expected = 'date' | 'phone' | 'email' | 'ssn' | 'url' | 'ip' | 'zip';

export interface Knowledge {
  readonly phi: PhiClass;
  readonly expected?: Expected | undefined;
  /** `birth`: other dates of the record come after it. `coming`: it may lie in the future. */
  readonly moment?: 'birth' | 'coming' | undefined;
  /** Its digits name something: leading zeros count, sums do not. */
  readonly isIdentifier?: true | undefined;
  /** Values are the names of code systems. */
  readonly codeSystem?: 'table-0396' | 'uri' | 'oid' | undefined;
}

export const UNKNOWN: Knowledge = { phi: 'none' };
