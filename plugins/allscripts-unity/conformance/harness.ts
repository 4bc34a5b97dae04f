/** The Unity emulator for the conformance kit, in the troubles that it can be put into. */
import { join } from 'node:path';
import { KEYED_RECORDS } from '@waybill/connector-sdk';
import {
  startTcpProxy,
  type Harness,
  type Place,
  type RecordForm,
  type Trouble,
} from '@waybill/connector-sdk/conformance';
import { type Clock, sandboxCertificates } from '../../peers/certificates.ts';
import { startUnityServer, type UnityServer, type UnityServerOptions } from '../../peers/unity-server.ts';

const clock: Clock = { now: () => new Date(performance.timeOrigin + performance.now()) };
const longAgo: Clock = { now: () => new Date('2020-01-01T00:00:00Z') };
/** Nobody listens on it: TCPMUX. */
const DEAD_PORT = 1;

const SERVER = {
  clock,
  service: { username: 'svc', password: 'licence-word' },
  ehr: { user: 'jmedici', password: 'ehr-word' },
  zone: 'America/Phoenix',
} as const;

/** Patients: their record number is the key, and GetPatient gives all of them back. */
const records: RecordForm = {
  mediaType: KEYED_RECORDS,
  type: 'SavePatient',
  line: (key, note) => {
    const names = { lastName: note, firstName: 'Jane', dateOfBirth: '03-Feb-1980', gender: 'Female' };
    return { key, parent: null, record: { resourceType: 'SavePatient', mrn: key, ...names } };
  },
  keyIn: (content) => (content as { readonly mrn?: string }).mrn,
};

async function open(): Promise<Place> {
  const servers: UnityServer[] = [];
  const start = async (issued = clock, options: Partial<UnityServerOptions> = {}) => {
    const certificates = await sandboxCertificates(issued);
    const server = await startUnityServer({ ...SERVER, certificates, ...options });
    servers.push(server);
    return { server, ca: certificates.authority };
  };
  const { server, ca } = await start();
  const { port, pathname } = new URL(server.baseUrl);
  const proxy = await startTcpProxy(Number(port));
  const user = { appName: 'Waybill', serviceUser: SERVER.service.username, ehrUser: SERVER.ehr.user };
  const config = {
    baseUrl: `https://127.0.0.1:${proxy.port}${pathname}`,
    ca,
    zone: SERVER.zone,
    settleSeconds: 0,
    ...user,
  };
  /** Undefined where the trouble is met at the same address. */
  const elsewhere = async ({ kind }: Trouble): Promise<object | undefined> => {
    if (kind === 'unreachable') return { ...config, baseUrl: `https://127.0.0.1:${DEAD_PORT}/Unity` };
    if (kind === 'unknown-authority') return { ...config, ca: (await start()).ca };
    const old = kind === 'expired-certificate' ? await start(longAgo) : undefined;
    const other = kind === 'wrong-name' ? await start(clock, { host: '127.0.0.2' }) : old;
    return other && { ...config, baseUrl: other.server.baseUrl, ca: other.ca };
  };
  return {
    config,
    secrets: { servicePassword: SERVER.service.password, ehrPassword: SERVER.ehr.password },
    wrongSecrets: { servicePassword: 'another-word-entirely', ehrPassword: SERVER.ehr.password },
    trouble: async (trouble) => {
      if (trouble.kind === 'silence') proxy.silence();
      else plant(server, trouble);
      return (await elsewhere(trouble)) ?? config;
    },
    over: async () => {
      proxy.mend();
      server.lock(false);
    },
    remove: async () => {
      await proxy.close();
      for (const each of servers) await each.close();
    },
  };
}

function plant(server: UnityServer, trouble: Trouble): void {
  const harm = (fault: Parameters<UnityServer['plan']>[1]): void => server.plan('SavePatient', fault);
  switch (trouble.kind) {
    case 'lost-commit':
      return harm({ kind: 'drop', commits: trouble.landed, afterBytes: 0 });
    case 'stored-short':
      return harm({ kind: 'truncate', name: 'LastName', characters: 3 });
    case 'error-in-200':
      return harm({ kind: 'error', commits: false, text: 'error: it cannot be saved' });
    case 'telling-failure':
      return harm({ kind: 'error', commits: false, text: `error: ${trouble.words}` });
    case 'rate-limit':
      return harm({ kind: 'status', commits: false, status: 429, retryAfterSeconds: trouble.retryAfterSeconds });
    case 'expired-token':
      return server.lock(true);
    default:
  }
}

export const harness: Harness = {
  package: join(import.meta.dirname, '..'),
  records,
  cannot: {
    held: 'what Unity holds are entries of a chart, not items with a path',
  },
  troubles: [
    'lost-commit',
    'silence',
    'stored-short',
    'error-in-200',
    'telling-failure',
    'rate-limit',
    'expired-token',
    'expired-certificate',
    'unknown-authority',
    'wrong-name',
    'unreachable',
  ],
  open,
};
