/** A site with charts in FHIR on one side and a Unity emulator on the other, and the plan between them. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { systemClock } from '../../kernel/clock.ts';
import { sandboxCertificates } from '../../plugins/peers/certificates.ts';
import { startUnityServer, type UnityServer, type UnityServerOptions } from '../../plugins/peers/unity-server.ts';
import { shippedLineages } from '../../records/maps/shipped.ts';

const SAMPLES = join(import.meta.dirname, '../records/maps/fhir-to-unity');
const CHART = readFileSync(join(SAMPLES, 'chart.ndjson'), 'utf8');
export const SECRETS = { UNITY_PASSWORD: 'licence-word', EHR_PASSWORD: 'ehr-word' };
const ZONE = 'America/Chicago';
const AMBULATORY = { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' };
const OFFICE_VISIT = '185345009';
const HOUSE_CALL = '439708006';
export const RECORDS_OF_A_CHART = 9;

/** The shipped map with the zone and the dictionaries of a site, as the site would write it. */
function siteMap(): string {
  const map = parse(readFileSync(shippedLineages().get('fhir-to-unity') ?? '', 'utf8')) as Record<string, unknown>;
  const site = JSON.parse(readFileSync(join(SAMPLES, 'site.json'), 'utf8')) as {
    readonly codes: Readonly<Record<string, Readonly<Record<string, string>>>>;
  };
  const codeMaps = map['codeMaps'] as Record<string, { codes: Record<string, unknown> }>;
  for (const [name, codes] of Object.entries(site.codes)) {
    for (const [from, code] of Object.entries(codes)) {
      Object.assign(codeMaps[name]?.codes ?? {}, { [from]: { code, equivalence: 'equivalent' } });
    }
  }
  // The map knows a kind of visit that the server does not.
  Object.assign(codeMaps['encounter-type']?.codes ?? {}, {
    [HOUSE_CALL]: { code: 'HOUSE CALL', equivalence: 'equivalent' },
  });
  return stringify({ ...map, zone: ZONE });
}

export const PERSONS = [
  { id: 'p1', family: 'Abelard', given: 'Anna', birthDate: '1951-02-03' },
  { id: 'p2', family: 'Brontolo', given: 'Bruno', birthDate: '1962-04-05' },
  { id: 'p3', family: 'Corvino', given: 'Clara', birthDate: '1973-06-07' },
  { id: 'p4', family: 'Dandolo', given: 'Dario', birthDate: '1984-08-09' },
] as const;
export const TOLD_OF_NOBODY = new RegExp([...PERSONS.map(({ family }) => family), ...Object.values(SECRETS)].join('|'));

/** The sample chart as that of another person, with what FHIR wants of visits and documents. */
function chartOf({ id, family, given, birthDate }: (typeof PERSONS)[number], visit: string): string {
  const own = CHART.replaceAll('Patient/p1', `Patient/${id}`).replace(`"${OFFICE_VISIT}"`, `"${visit}"`);
  const lines = own
    .trim()
    .split('\n')
    .map((line): object => {
      const resource = JSON.parse(line) as { readonly resourceType: string; readonly id: string };
      const patient = {
        id,
        birthDate,
        identifier: [{ type: { coding: [{ code: 'MR' }] }, value: `MRN-${id}` }],
        name: [{ use: 'official', family, given: [given] }],
        telecom: [{ system: 'email', value: `${given}@a.example` }],
      };
      if (resource.resourceType === 'Patient') return { ...resource, ...patient };
      const added = { Encounter: { class: AMBULATORY }, DocumentReference: { date: '2023-07-01T12:00:00Z' } };
      return { ...resource, ...added[resource.resourceType as keyof typeof added], id: `${id}-${resource.id}` };
    });
  return lines.map((each) => `${JSON.stringify(each)}\n`).join('');
}

/** By folder, as a connector that is not on by default may be named. */
const UNITY = join(import.meta.dirname, '../../plugins/allscripts-unity');
const CONNECTORS = `@waybill/connector-hl7-file-drop,${UNITY}`;

function planOf({ baseUrl }: UnityServer, ca: string): object {
  const dictionaries = {
    allergens: 'Allergen_DE',
    problemStatuses: 'Problem_Status_DE',
    encounterTypes: 'Encounter_Type_DE',
  };
  const unity = {
    ...{ baseUrl, ca, zone: ZONE, dictionaries, timeoutSeconds: 20 },
    ...{ appName: 'Waybill', serviceUser: 'svc', ehrUser: 'jmedici' },
    readBack: {
      ...{ SaveNote: { text: 'DocumentText' }, SaveUnstructuredDocument: { content: 'DocumentText' } },
      SaveDocumentImage: { data: 'DocumentBase64' },
    },
  };
  const secrets = { servicePassword: 'env:UNITY_PASSWORD', ehrPassword: 'env:EHR_PASSWORD' };
  const charts = {
    ...{ name: 'charts', tier: 'historical-searchable', select: 'charts/**', format: 'fhir', owner: 'him' },
    lineage: './site.lineage.yaml',
  };
  return {
    migration: 'to-unity',
    source: { connector: 'hl7-file-drop', config: { folder: '.' }, secrets: {} },
    target: { connector: 'allscripts-unity', config: unity, secrets },
    datasets: [charts],
    policy: './policy.yaml',
  };
}

/** What the command line is started with. */
export const ENVIRONMENT = { ...SECRETS, WAYBILL_CONNECTORS: CONNECTORS };

/** Lays the charts of these persons, the map, the policy and the plan into `place`, and starts the server. */
export async function openSite(
  place: string,
  persons: readonly (typeof PERSONS)[number][],
  onCall?: UnityServerOptions['onCall'],
): Promise<UnityServer> {
  mkdirSync(join(place, 'charts'));
  for (const person of persons) {
    const visit = person.id === 'p4' ? HOUSE_CALL : OFFICE_VISIT;
    writeFileSync(join(place, 'charts', `${person.id}.ndjson`), chartOf(person, visit));
  }
  const certificates = await sandboxCertificates(systemClock);
  const server = await startUnityServer({
    ...{ certificates, clock: systemClock, zone: ZONE, onCall },
    service: { username: 'svc', password: SECRETS.UNITY_PASSWORD },
    ehr: { user: 'jmedici', password: SECRETS.EHR_PASSWORD },
  });
  const site = { Allergen_DE: ['PENICILLINS'], Problem_Status_DE: ['Active', 'Resolved'], GetProviders: ['TW0001'] };
  const types = { Encounter_Type_DE: ['OFFICE VISIT'], Document_Type_DE: ['ChartNote', 'sEKG'] };
  for (const [name, codes] of Object.entries({ ...site, ...types })) server.store.dictionaries.set(name, codes);
  writeFileSync(join(place, 'site.lineage.yaml'), siteMap());
  // One chart after the other, so that the server's faults meet the charts they are meant for.
  writeFileSync(join(place, 'policy.yaml'), stringify({ transfer: { concurrency: 1 } }));
  writeFileSync(join(place, 'plan.yaml'), stringify(planOf(server, certificates.authority)));
  return server;
}
