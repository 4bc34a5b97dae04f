/** A plan with everything around its data, and a policy that asks for all of it. */
import type { Json } from '../../kernel/canonical-json.ts';
import { WANTED } from '../../subgraphs/inventory/domain/policy.ts';
import { SIGN_OFFS } from '../../subgraphs/inventory/domain/programme.ts';
import type { House } from './house.ts';

export const DEMANDING = [
  'approval: { policy: required, lineage: required, exclusion: required }',
  `readiness: { ${WANTED.map((fact) => `${fact}: required`).join(', ')} }`,
].join('\n');

export const charted = {
  name: 'documents',
  tier: 'historical-searchable',
  select: 'documents/**',
  format: 'document',
  lineage: 'pass-through',
  owner: 'him',
  domain: 'scanned-documents',
  retention: { years: 10, authority: 'state law' },
  legalHold: { held: false, matter: 'none' },
  risks: [{ risk: 'pages out of order', level: 'high', mitigation: 'pages are counted' }],
  acceptance: [{ criterion: 'every chart opens' }],
  consumers: [{ name: 'release of information', kind: 'report', atCutover: 'repoint' }],
};

export function fullPlan(house: House, datasets: readonly Json[] = [charted], change: Record<string, Json> = {}): Json {
  return planBetween(house.names.source, house.names.target, datasets, { migration: 'st-anne', ...change });
}

/** Between two places in memory. */
export function planBetween(
  source: string,
  target: string,
  datasets: readonly Json[],
  change: Readonly<Record<string, Json>>,
): Json {
  const end = (place: string, system: string): Json => ({ connector: 'memory', config: { place }, system });
  return {
    source: end(source, 'Old EHR'),
    target: end(target, 'New EHR'),
    datasets: [...datasets],
    systems: [
      { name: 'Old EHR', role: 'source', vendor: 'Acme', product: 'Chart', version: '7', owner: 'him' },
      { name: 'New EHR', role: 'target', zone: 'cloud' },
      { name: 'Warehouse', role: 'reporting' },
    ],
    stakeholders: [{ name: 'Rita', role: 'CMIO', responsibility: 'clinical safety', signsOff: [...SIGN_OFFS] }],
    window: { opens: '2030-11-28T22:00', closes: '2030-11-29T04:00', zone: 'America/Chicago' },
    ...change,
  };
}

export const CONFIRM = `mutation ($input: ConfirmInput! ) { confirm(input: $input) {
  confirmation { id kind subject happenedAt confirmedBy withdrawnBy } userErrors { code field remedy }
} }`;
export const WITHDRAW = `mutation ($id: ID! ) { withdrawConfirmation(input: { confirmationId: $id }) {
  confirmation { withdrawnBy } userErrors { code }
} }`;
export const PROPOSE_POLICY = `mutation ($id: ID! ) { proposePolicy(input: { migrationId: $id }) {
  migration { policyApproval { state proposedBy } } userErrors { code }
} }`;
export const APPROVE_POLICY = `mutation ($id: ID! $policy: Sha256! ) {
  approvePolicy(input: { migrationId: $id, policy: $policy }) {
    migration { policyApproval { state approvedBy } } userErrors { code }
  }
}`;
export const PROPOSE_LINEAGE = `mutation ($datasetId: ID! ) { proposeLineage(input: { datasetId: $datasetId }) {
  userErrors { code }
} }`;
export const APPROVE_LINEAGE = `mutation ($datasetId: ID! $lineage: Sha256 ) {
  approveLineage(input: { datasetId: $datasetId, lineage: $lineage }) { userErrors { code } }
}`;
export const PLACE_HOLD = `mutation ($input: PlaceHoldInput! ) { placeHold(input: $input) {
  hold { id dataset matter items placedBy releasedAt } userErrors { code field }
} }`;
export const PROPOSE_RELEASE = `mutation ($id: ID! ) { proposeHoldRelease(input: { holdId: $id }) {
  hold { releaseProposedBy } userErrors { code }
} }`;
export const APPROVE_RELEASE = `mutation ($id: ID! ) { approveHoldRelease(input: { holdId: $id }) {
  hold { releasedBy } userErrors { code }
} }`;
export const EXCLUDE = `mutation ($input: RecordExclusionInput! ) { recordExclusion(input: $input) {
  exclusion { id } userErrors { code }
} }`;
export const PROGRAMME = `query ($id: ID! ) { migration(id: $id) {
  policy policyApproval { state proposedBy approvedBy }
  stakeholders { name signsOff } window { opensAt closesAt zone }
  systems { name role vendor zone owner endpoints { label } }
  confirmations { id kind subject confirmedBy withdrawnBy } holds { id matter items releasedBy }
  readiness { ready state lines { requirement line ok code reason } }
  datasets { nodes { id charter items excludedItems } }
} }`;
