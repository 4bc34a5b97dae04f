/** FHIR servers for the conformance kit, behind a front that fails and a network that breaks when a scenario asks. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTcpProxy, type Harness, type TcpProxy, type Trouble } from '@waybill/connector-sdk/conformance';
import { sandboxCertificates, type Clock } from '../../peers/certificates.ts';
import { startFhirFront, type Asked, type FhirFront, type FrontFault } from '../../peers/fhir-front.ts';
import { startFhirServer } from '../../peers/fhir-server.ts';
import type { Resource } from '../../peers/fhir-store.ts';

const TOKEN = 'a-token-of-this-test';
/** Nobody listens on it: TCPMUX. */
const DEAD_PORT = 1;
const LONG_AGO_MS = 400 * 86_400_000;
/** Into the data of the answer, past the handshake. */
const TLS_CUT_BYTES = 500_000;
const clock: Clock = { now: () => new Date(performance.timeOrigin + performance.now()) };
const longAgo: Clock = { now: () => new Date(clock.now().getTime() - LONG_AGO_MS) };

export const harness: Harness = {
  package: join(import.meta.dirname, '..'),
  troubles: [
    'cut',
    'cut-tls',
    'lost-commit',
    'silence',
    'slow',
    'unreachable',
    'stored-short',
    'expired-token',
    'error-in-200',
    'rate-limit',
    'telling-failure',
    'expired-certificate',
    'unknown-authority',
    'wrong-name',
  ],
  cannot: {
    items: 'a FHIR server holds resources and no files; test/plugins/https-api/source.test.ts keeps these promises',
    held: 'a document has an address of its own at a FHIR server, and its path is only said of it',
    'cut-upload': 'nothing is uploaded before the commit, where it is the trouble of a lost commit',
  },
  open: async () => {
    const directory = await mkdtemp(join(tmpdir(), 'fhir-conformance-'));
    const certificates = await sandboxCertificates(clock);
    let isForgetful = false;
    const server = await startFhirServer({
      certificates,
      token: TOKEN,
      directory,
      faults: () => (isForgetful ? { kind: 'change', change: shortened } : undefined),
    });
    const front = await startFhirFront({ certificates, server });
    const proxy = await startTcpProxy(Number(new URL(front.baseUrl).port));
    const others: { close(): Promise<void> }[] = [front, server];
    const baseUrl = `https://127.0.0.1:${proxy.port}/fhir`;
    const config = { baseUrl, profile: 'fhir-r4', ca: certificates.authority, types: ['DocumentReference'] };
    const impersonate = async (by: Clock, host = '127.0.0.1') => {
      const theirs = host === '127.0.0.1' ? await sandboxCertificates(by, 'Somebody else') : certificates;
      const impostor = await startFhirFront({ certificates: theirs, server: { ...server, authority: '' }, host });
      others.push(impostor);
      return { baseUrl: impostor.baseUrl, authority: theirs.authority };
    };
    return {
      config,
      secrets: { token: TOKEN },
      wrongSecrets: { token: 'another-token-entirely' },
      trouble: async (trouble) => {
        if (trouble.kind === 'unreachable') return { ...config, baseUrl: `https://127.0.0.1:${DEAD_PORT}/fhir` };
        if (trouble.kind === 'unknown-authority') return { ...config, baseUrl: (await impersonate(clock)).baseUrl };
        if (trouble.kind === 'wrong-name')
          return { ...config, baseUrl: (await impersonate(clock, '127.0.0.2')).baseUrl };
        if (trouble.kind === 'expired-certificate') {
          const { authority: ca, ...impostor } = await impersonate(longAgo);
          return { ...config, ...impostor, ca };
        }
        if (trouble.kind === 'stored-short') isForgetful = true;
        else plant(front, proxy, trouble);
        return config;
      },
      over: async () => {
        proxy.mend();
        front.mend();
      },
      remove: async () => {
        await proxy.close();
        for (const each of others) await each.close();
        await rm(directory, { recursive: true });
      },
    };
  },
};

/** Somebody's birth date did not fit. */
function shortened(resource: Resource): Resource {
  const { birthDate: _, ...rest } = resource;
  return { ...rest, resourceType: resource.resourceType };
}

function plant(front: FhirFront, proxy: TcpProxy, trouble: Trouble): void {
  if (trouble.kind === 'cut') return proxy.cutAfter(trouble.afterBytes);
  if (trouble.kind === 'cut-tls') return proxy.cutAfter(TLS_CUT_BYTES);
  if (trouble.kind === 'silence') return proxy.silence();
  if (trouble.kind === 'slow') return proxy.slow(trouble.bytesPerSecond);
  if (trouble.kind === 'expired-token') return front.plantAlways(() => true, answer(401, 'expired'));
  front.plant(isWrite, faultOf(trouble));
}

function isWrite({ method }: Asked): boolean {
  return method !== 'GET';
}

function faultOf(trouble: Trouble): FrontFault {
  if (trouble.kind === 'lost-commit') return { kind: 'drop', landed: trouble.landed };
  if (trouble.kind === 'error-in-200') return answer(200, 'exception');
  if (trouble.kind === 'telling-failure') return answer(422, 'invalid', {}, trouble.words);
  if (trouble.kind === 'rate-limit') {
    return answer(429, 'throttled', { 'retry-after': String(trouble.retryAfterSeconds) });
  }
  throw new Error(`there is no trouble of the kind ${trouble.kind} over HTTPS`);
}

/** An OperationOutcome (FHIR R4), whatever the status says. */
function answer(status: number, code: string, headers: Record<string, string> = {}, diagnostics?: string): FrontFault {
  const issue = [{ severity: 'error', code, diagnostics }];
  const body = JSON.stringify({ resourceType: 'OperationOutcome', issue });
  return { kind: 'answer', status, headers: { 'content-type': 'application/fhir+json', ...headers }, body };
}
