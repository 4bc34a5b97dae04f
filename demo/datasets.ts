/** The datasets of the demonstration: all ten domains, how each moves, and what each is held to. */
import { join } from 'node:path';
import type { Tier } from '../kernel/tier.ts';

/** The practice's FHIR export names patients by record number, as its extracts and messages do. */
export const AS_IS = './practice-fhir.lineage.yaml';
export const AS_IS_SHIPPED = join(import.meta.dirname, '..', 'records', 'maps', 'fhir-as-is.lineage.yaml');

const DROP = { connector: 'hl7-file-drop', config: { folder: './target-drop' }, secrets: {} };

interface Row {
  readonly name: string;
  readonly domain: string;
  readonly tier: Tier;
  readonly select: string;
  readonly format: string;
  readonly lineage: string;
  readonly owner: string;
}

const MAPPED: readonly Row[] = [
  {
    name: 'demographics',
    domain: 'demographics',
    tier: 'active-clinical',
    select: 'csv/patients-*.csv',
    format: 'delimited',
    lineage: 'shipped:csv-patient-to-fhir',
    owner: 'registration',
  },
  exported('allergies', 'allergies', 'AllergyIntolerance', 'nursing'),
  exported('medications', 'medications', 'MedicationRequest', 'pharmacy'),
  exported('problems', 'problems', 'Condition', 'medical'),
  {
    name: 'lab-results',
    domain: 'labs',
    tier: 'active-clinical',
    select: 'hl7/oru/*.hl7',
    format: 'hl7v2',
    lineage: 'shipped:oru-to-fhir',
    owner: 'laboratory',
  },
  exported('imaging-references', 'imaging-references', 'ImagingStudy', 'radiology'),
];

const DROPPED: readonly Row[] = [
  asItIs('encounters', 'encounters', 'active-clinical', 'hl7/adt/*.hl7', 'hl7v2', 'registration'),
  asItIs('interface-queues', 'interface-queues', 'active-clinical', 'hl7/queue/*.hl7', 'hl7v2', 'interfaces'),
  asItIs('transcriptions', 'clinical-notes', 'historical-searchable', 'hl7/mdm/*.hl7', 'hl7v2', 'him'),
];

const KEPT_AS_THEY_ARE: readonly Row[] = [
  asItIs('billing', 'billing', 'financially-sensitive', 'csv/charges.csv', 'delimited', 'billing'),
  asItIs('summaries', 'clinical-notes', 'historical-searchable', 'ccda/*.xml', 'ccda', 'him'),
  asItIs('scanned-documents', 'scanned-documents', 'historical-searchable', 'documents/**', 'document', 'him'),
  asItIs('audit-logs', 'audit-logs', 'compliance-archive', 'csv/access-log-*.csv', 'delimited', 'compliance'),
];

/** Synthetic, like the practice: years are those of common state rules, not of one. */
const RETENTION: Readonly<Record<string, { readonly years: number; readonly authority: string }>> = {
  billing: { years: 10, authority: 'False Claims Act, 31 USC 3731(b)' },
  'audit-logs': { years: 6, authority: 'HIPAA, 45 CFR 164.316(b)(2)' },
};
const CLINICAL_RETENTION = { years: 10, authority: 'retention schedule of the practice, clinical records' };

const CONSUMERS: Readonly<Record<string, readonly object[]>> = {
  billing: [{ name: 'claims clearinghouse', kind: 'clearinghouse', atCutover: 'repoint', owner: 'billing' }],
  'lab-results': [{ name: 'quality measures', kind: 'analytics', atCutover: 'parallel', owner: 'quality' }],
  encounters: [{ name: 'daily census', kind: 'report', atCutover: 'repoint', owner: 'registration' }],
};

/** As a plan file has them. */
export function demonstrationDatasets(): readonly object[] {
  const dropped = DROPPED.map((each) => ({ ...each, target: DROP }));
  return [...MAPPED, ...dropped, ...KEPT_AS_THEY_ARE].map((each) => ({
    ...each,
    retention: RETENTION[each.name] ?? CLINICAL_RETENTION,
    acceptance: [{ criterion: 'every record verified or its exception decided', acceptedBy: each.owner }],
    ...(CONSUMERS[each.name] && { consumers: CONSUMERS[each.name] }),
  }));
}

function exported(name: string, domain: string, type: string, owner: string): Row {
  const select = `fhir/${type}-*.ndjson`;
  return { name, domain, tier: 'active-clinical', select, format: 'fhir', lineage: AS_IS, owner };
}

function asItIs(name: string, domain: string, tier: Tier, select: string, format: string, owner: string): Row {
  return { name, domain, tier, select, format, lineage: 'pass-through', owner };
}
