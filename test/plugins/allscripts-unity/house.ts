/** The Unity emulator, and the connector before it with a spool and a clock of the test's own. */
import { sandboxCertificates } from '../../../plugins/peers/certificates.ts';
import { startUnityServer, type UnityServer } from '../../../plugins/peers/unity-server.ts';
import { fixedClock, systemClock } from '../../../kernel/clock.ts';
import connector from '../../../plugins/allscripts-unity/index.ts';
import { settings, type Settings } from '../../../plugins/allscripts-unity/settings.ts';
import { KEYED_RECORDS, type Spool } from '../../../plugins/sdk/index.ts';
import type { ConnectorContext, KeyedRecord, Parcel, Receipt, Target } from '../../../plugins/sdk/index.ts';
import { never } from '../host/house.ts';
import { MemorySpool } from '../host/memory-spool.ts';

export const SECRETS: Readonly<Record<string, string>> = { servicePassword: 'licence-word', ehrPassword: 'ehr-word' };
const NOON = new Date('2026-01-15T12:00:00Z');

/** What the settings name of the site: the columns are those of the emulator. */
export const SITE = {
  appName: 'Waybill',
  serviceUser: 'svc',
  ehrUser: 'jmedici',
  zone: 'America/Chicago',
  timeoutSeconds: 1,
  dictionaries: {
    allergens: 'Allergen_DE',
    problemStatuses: 'Problem_Status_DE',
    encounterTypes: 'Encounter_Type_DE',
  },
};
export const READ_BACK = {
  SaveNote: { text: 'DocumentText', documentType: 'DocumentType' },
  SaveUnstructuredDocument: { content: 'DocumentText', documentType: 'DocumentType' },
  SaveDocumentImage: { data: 'DocumentBase64', fileName: 'FileName', documentType: 'DocumentType' },
};

export interface UnityHouse {
  readonly server: UnityServer;
  readonly authority: string;
  readonly clock: ReturnType<typeof fixedClock>;
  readonly spool: MemorySpool;
  readonly logged: string[];
  /** Resolves at the next call of the action, before it is done. */
  hears(action: string): Promise<void>;
  /** Opens the target; again is what a restart does. */
  target(changes?: object, spool?: Spool): Promise<Target>;
  check(changes?: object, secrets?: Readonly<Record<string, string>>): Promise<Readonly<Record<string, string>>>;
  leave(): Promise<void>;
}

export async function enterUnityHouse(): Promise<UnityHouse> {
  const certificates = await sandboxCertificates(systemClock);
  const clock = fixedClock(NOON);
  const waiting = new Map<string, () => void>();
  const server = await startUnityServer({
    onCall: (action) => waiting.get(action)?.(),
    ...{ certificates, clock, zone: SITE.zone },
    service: { username: SITE.serviceUser, password: SECRETS['servicePassword'] ?? '' },
    ehr: { user: SITE.ehrUser, password: SECRETS['ehrPassword'] ?? '' },
  });
  for (const [name, codes] of Object.entries(DICTIONARIES)) server.store.dictionaries.set(name, codes);
  const house = { server, clock, spool: new MemorySpool(), logged: [] as string[], authority: certificates.authority };
  const opened: Target[] = [];
  const settle = (changes: object): Settings =>
    settings.parse({ ...SITE, baseUrl: server.baseUrl, ca: house.authority, ...changes });
  const contextOf = (spool: Spool, secrets = SECRETS): ConnectorContext => ({
    secret: (name) => secrets[name] ?? '',
    spool,
    log: (fact, facts) => house.logged.push(JSON.stringify({ fact, ...facts })),
    now: () => clock.now(),
  });
  return {
    ...house,
    hears: (action) => new Promise((heard) => waiting.set(action, heard)),
    target: async (changes = {}, spool = house.spool) => {
      const target = await connector.openTarget?.(settle(changes), contextOf(spool), never());
      if (target === undefined) throw new Error('it does not open as a target');
      opened.push(target);
      return target;
    },
    check: (changes = {}, secrets = SECRETS) =>
      connector.check(settle(changes), contextOf(house.spool, secrets), never()),
    leave: async () => {
      server.release();
      for (const each of opened) await each.close();
      await server.close();
    },
  };
}

const DICTIONARIES: Readonly<Record<string, readonly string[]>> = {
  Allergen_DE: ['PENICILLINS', 'LATEX'],
  Problem_Status_DE: ['Active', 'Resolved'],
  Encounter_Type_DE: ['OFFICE VISIT'],
  Document_Type_DE: ['ChartNote', 'sEKG'],
  GetProviders: ['TW0001'],
};

type Inputs = Readonly<Record<string, string | readonly string[]>>;

export function record(key: string, name: string, inputs: Inputs, parent: string | null = 'Patient/p1'): KeyedRecord {
  return { key, parent: name === 'SavePatient' ? null : parent, record: { resourceType: name, ...inputs } };
}

export const PATIENT = record('Patient/p1', 'SavePatient', {
  ...{ mrn: '00123', lastName: 'Doe', firstName: 'Jane', dateOfBirth: '03-Feb-1980', gender: 'Female' },
});
export const ALLERGY = record('AllergyIntolerance/a1', 'SaveAllergy', {
  ...{ allergyName: 'PENICILLINS', isMedicationAllergy: 'Y', comments: ['Reaction: Rash', 'Severity: mild & "odd"'] },
});
export const DRUG = record('MedicationRequest/m1', 'SaveRX', {
  ...{ action: 'newrx', ddi: '12345', sig: 'Take 1 tablet by mouth <daily> in the morning', isHistorical: 'y' },
});

export function parcelOf(records: readonly KeyedRecord[], key = 'parcel-1'): { parcel: Parcel; body: Buffer } {
  const body = Buffer.from(records.map((each) => `${JSON.stringify(each)}\n`).join(''));
  const { byteLength: sizeBytes } = body;
  return { body, parcel: { key, path: 'chart.ndjson', shape: 'records', mediaType: KEYED_RECORDS, sizeBytes } };
}

/** Stages and commits, once. */
export async function deliver(target: Target, records: readonly KeyedRecord[], key?: string): Promise<Receipt> {
  const { parcel, body } = parcelOf(records, key);
  return target.commit(parcel, await target.stage(parcel, once(body), never()), never());
}

export async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

export async function readBack(target: Target, targetId: string): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of target.read(targetId, 0, never())) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
