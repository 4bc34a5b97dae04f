/**
 * The segments of the message structures of HL7 v2.3 to 2.5.1 that a migration meets: which must be there, in which
 * order and how often. Where releases differ, what any of them allows is allowed.
 */
import type { Problem } from '../format.ts';
import { Grammar } from './grammar.ts';
import type { Hl7Message } from './message.ts';
import { requiredSegments, segmentName } from './structure.ts';

const VISIT = '[PV1 [PV2] {ROL}]';
const INSURANCE = '{IN1 [IN2] {IN3} {ROL}}';
const TIMING = '{TQ1 {TQ2}}';
const RESULT = '{OBX [TCD] {NTE}}';
const PERSON = 'MSH {SFT} EVN PID [PD1] {ROL}';
const STAY = 'PV1 [PV2] {ROL} {DB1}';
const DIAGNOSES = '{AL1} {DG1} [DRG] {PR1 {ROL}}';
const ADMITTED = `${STAY} {OBX} ${DIAGNOSES} {GT1} ${INSURANCE} [ACC] [UB1] [UB2] [PDA]`;
const ORDERED_FOR = `MSH {SFT} {NTE} [PID [PD1] {NTE} {NK1} ${VISIT} ${INSURANCE} [GT1] {AL1}]`;
const SPECIMEN = '{SPM {OBX} {SAC {OBX}}}';
const OBSERVED = `OBR [TCD] {NTE} {ROL} ${TIMING} {CTD} ${RESULT}`;
const PRIOR = `{[PID [PD1]] ${VISIT} {AL1} ([ORC] ${OBSERVED})+}`;
const CHARGED_ORDER = `{ORC ${TIMING} [OBR {NTE}] ${RESULT}}`;

/** By structure, as MSH-9.3 names it. */
const STRUCTURES: Readonly<Record<string, string>> = {
  ADT_A01: `${PERSON} {NK1} ${ADMITTED}`,
  ADT_A02: `${PERSON} ${STAY} {OBX} [PDA]`,
  ADT_A03: `${PERSON} {NK1} ${STAY} ${DIAGNOSES} {OBX} {GT1} ${INSURANCE} [ACC] [PDA]`,
  ADT_A05: `${PERSON} {NK1} ${ADMITTED}`,
  ADT_A06: `${PERSON} [MRG] {NK1} ${ADMITTED}`,
  ADT_A09: `${PERSON} ${STAY} {OBX} {DG1}`,
  ADT_A39: 'MSH {SFT} EVN (PID [PD1] MRG [PV1])+',
  ORU_R01: `MSH {SFT} {NTE} ([PID [PD1] {NTE} {NK1} ${VISIT}] ([ORC] ${OBSERVED} {FT1} {CTI} ${SPECIMEN})+)+ [DSC]`,
  ORM_O01: `${ORDERED_FOR} (ORC ${TIMING} [<OBR|RQD|RQ1|RXO|ODS|ODT> {NTE} {RXR} {RXC} {CTD} {DG1} ${RESULT}]
    {FT1} {CTI} [BLG])+`,
  OML_O21: `${ORDERED_FOR} (ORC ${TIMING} [OBR [TCD] {NTE} {CTD} {DG1} ${RESULT} ${SPECIMEN} ${PRIOR}]
    {FT1} {CTI} [BLG])+`,
  MDM_T01: 'MSH {SFT} EVN PID PV1 {ORC {TQ1 {TQ2}} OBR {NTE}} TXA {CON}',
  MDM_T02: `MSH {SFT} EVN PID PV1 {ORC {TQ1 {TQ2}} OBR {NTE}} TXA {CON} (OBX {NTE})+`,
  SIU_S12: `MSH {SFT} SCH {TQ1} {NTE} {PID [PD1] [PV1] [PV2] {OBX} {DG1}}
    (RGS {AIS {NTE}} {AIG {NTE}} {AIL {NTE}} {AIP {NTE}})+`,
  DFT_P03: `${PERSON} ${VISIT} {DB1} ${CHARGED_ORDER} {OBX}
    (FT1 {NTE} {PR1 {ROL}} ${CHARGED_ORDER} {DG1} [DRG] {GT1} ${INSURANCE})+ {DG1} [DRG] {GT1} ${INSURANCE} [ACC]`,
  VXU_V04: `MSH {SFT} PID [PD1] {NK1} ${VISIT} {GT1} ${INSURANCE} {[ORC] ${TIMING} RXA [RXR] ${RESULT}} ${RESULT}`,
  RDE_O11: `${ORDERED_FOR} (ORC ${TIMING} [RXO {NTE} (RXR)+ {RXC} {NTE}] RXE {NTE} ${TIMING} (RXR)+ {RXC}
    ${RESULT} {FT1} [BLG] {CTI})+`,
};

/** By trigger event (MSH-9.1^9.2), where the structure has another name than the event. */
const BY_EVENT: Readonly<Record<string, string>> = {
  ...named('ADT_A01', ['ADT^A04', 'ADT^A08', 'ADT^A13']),
  ...named('ADT_A05', ['ADT^A14', 'ADT^A28', 'ADT^A31']),
  ...named('ADT_A06', ['ADT^A07']),
  ...named('ADT_A09', ['ADT^A10', 'ADT^A11', 'ADT^A12']),
  ...named('ADT_A39', ['ADT^A40', 'ADT^A41', 'ADT^A42']),
  ...named('MDM_T01', ['MDM^T03', 'MDM^T05', 'MDM^T07', 'MDM^T09', 'MDM^T11']),
  ...named('MDM_T02', ['MDM^T04', 'MDM^T06', 'MDM^T08', 'MDM^T10']),
  ...named('SIU_S12', ['SIU^S13', 'SIU^S14', 'SIU^S15', 'SIU^S16', 'SIU^S17', 'SIU^S18', 'SIU^S19', 'SIU^S20']),
  ...named('SIU_S12', ['SIU^S21', 'SIU^S22', 'SIU^S23', 'SIU^S24', 'SIU^S26']),
  ...named('RDE_O11', ['RDE^O01', 'RDE^O25']),
};

function named(structure: string, events: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(events.map((event) => [event, structure]));
}

/** Compiled when a message first needs it: there are no more of them than structures. */
const grammars = new Map<string, Grammar>();

const CHECKED_RELEASE = /^2\.(?:3|3\.1|4|5|5\.1)$/;
/** Segments of a site stand anywhere, and so do a continuation, its pointer, and PRT, which guides adopt from 2.7. */
const ANYWHERE = /^(?:Z..|ADD|DSC|PRT|)$/;

/** The structure a message must have; undefined where it is none of those known here, or of another release. */
export function structureOf(message: Hl7Message): string | undefined {
  if (!CHECKED_RELEASE.test(message.word(0, 12))) return undefined;
  const event = BY_EVENT[message.type] ?? message.type.replace('^', '_');
  // The event decides: senders copy MSH-9.3 from one message to the next.
  return [event, message.word(0, 9, 3)].find((name) => Object.hasOwn(STRUCTURES, name));
}

/** Reports every segment that is missing, too many, out of its place or of another structure. */
export function checkSegments(message: Hl7Message, position: string, report: (problem: Problem) => void): void {
  const structure = structureOf(message);
  if (structure === undefined) return;
  let grammar = grammars.get(structure);
  if (grammar === undefined) grammars.set(structure, (grammar = new Grammar(STRUCTURES[structure] ?? '')));
  const places = message.ids.flatMap((id, segment) => (ANYWHERE.test(id) ? [] : [segment]));
  const ids = places.map((segment) => message.ids[segment] ?? '');
  for (const { kind, id, at } of grammar.breachesOf(ids)) {
    // That there is none at all is told by checkStructure.
    if (kind === 'missing' && requiredSegments(message).includes(id) && !ids.includes(id)) continue;
    const segment = places[at];
    const here = segment === undefined ? 'the end' : segmentName(message, segment);
    const { code, says } = WHY[kind];
    const place = kind === 'missing' ? `${position} ${id} before ${here}` : `${position} ${here}`;
    report({ category: 'schema-invalid', code, position: place, message: `${id}: ${says} in ${structure}` });
  }
}

const WHY = {
  missing: { code: 'SEGMENT_MISSING', says: 'no segment where one must be' },
  misplaced: { code: 'SEGMENT_MISPLACED', says: 'the segment is not allowed at this place' },
  repeated: { code: 'SEGMENT_REPEATED', says: 'the segment may not come twice here' },
  foreign: { code: 'SEGMENT_UNEXPECTED', says: 'the segment has no place' },
} as const;
