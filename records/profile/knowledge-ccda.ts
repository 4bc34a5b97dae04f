/** What the elements and attributes of a C-CDA document hold, by the end of their path. */
import { UNKNOWN, type Knowledge } from './phi.ts';

/** The first that matches; order matters. */
const RULES: readonly (readonly [RegExp, Knowledge])[] = [
  [/\/@codeSystem$/, { phi: 'none', codeSystem: 'oid' }],
  [/(?:^|\/)(?:sdtc:)?birthTime\/@value$/, { phi: 'date', expected: 'date', moment: 'birth' }],
  [/(?:^|\/|:)\w*[tT]ime(?:\/(?:low|high|center))?\/@value$/, { phi: 'date', expected: 'date', moment: 'coming' }],
  [/patientRole\/id\/@extension$/, { phi: 'record-number', isIdentifier: true }],
  [/\/id\/@extension$/, { phi: 'identifier', isIdentifier: true }],
  [/(?:manufacturedMaterial|manufacturedLabeledDrug|[oO]rganization|playingDevice|playingEntity)\/name$/, UNKNOWN],
  [/\/name(?:\/(?:given|family|prefix|suffix))?$/, { phi: 'name' }],
  [/\/addr(?:\/\w+)?$|\/place\/name$/, { phi: 'address' }],
  [/\/telecom\/@value$/, { phi: 'phone' }],
  [/participantRole\/id\/@root$|serialNumber|playingDevice\/.*udi/i, { phi: 'device' }],
  [/(?:^|\/)(?:text|originalText|paragraph|content)$|\/value$/, { phi: 'free-text' }],
];

/** `path` as `recordTarget/patientRole/patient/name/family` or `section[48765-2]/entry/act/@classCode`. */
export function ccdaKnowledge(path: string): Knowledge {
  return RULES.find(([pattern]) => pattern.test(path))?.[1] ?? UNKNOWN;
}
