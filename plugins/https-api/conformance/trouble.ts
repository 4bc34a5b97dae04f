/** Trouble on the way to a service, and in its place. */
import { rm } from 'node:fs/promises';
import type { TcpProxy, Trouble } from '@waybill/connector-sdk/conformance';
import { sandboxCertificates, type Clock, type SandboxCertificates } from '../../peers/certificates.ts';
import { startFhirFront, type Asked, type FhirFront, type FrontFault } from '../../peers/fhir-front.ts';

/** Nobody listens on it: TCPMUX. */
const DEAD_PORT = 1;
const LONG_AGO_MS = 400 * 86_400_000;
/** Into the data of the answer, past the handshake. */
const TLS_CUT_BYTES = 500_000;
export const clock: Clock = { now: () => new Date(performance.timeOrigin + performance.now()) };
const longAgo: Clock = { now: () => new Date(clock.now().getTime() - LONG_AGO_MS) };

interface Scene {
  readonly config: { readonly baseUrl: string; readonly ca: string };
  readonly certificates: SandboxCertificates;
  readonly server: { readonly baseUrl: string };
  readonly front: FhirFront;
  readonly proxy: TcpProxy;
  /** What is closed with the place. */
  readonly others: { close(): Promise<void> }[];
}

/** How the trouble of a place ends, and the place itself with the folder it kept its documents in. */
export function endingOf({ front, proxy, others }: Scene, directory: string) {
  return {
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
}

/** Puts a place into trouble; resolves to the settings under which the trouble is met. */
export async function troubled(scene: Scene, trouble: Trouble): Promise<unknown> {
  const { certificates, config, front, others, proxy, server } = scene;
  const at = (origin: string) => ({ ...config, baseUrl: `${origin}${new URL(config.baseUrl).pathname}` });
  const impersonate = async (by: Clock, host = '127.0.0.1') => {
    const theirs = host === '127.0.0.1' ? await sandboxCertificates(by, 'Somebody else') : certificates;
    const impostor = await startFhirFront({ certificates: theirs, server, host });
    others.push(impostor);
    return { ...at(new URL(impostor.baseUrl).origin), authority: theirs.authority };
  };
  if (trouble.kind === 'unreachable') return at(`https://127.0.0.1:${DEAD_PORT}`);
  if (trouble.kind === 'unknown-authority') return settingsOf(await impersonate(clock));
  if (trouble.kind === 'wrong-name') return settingsOf(await impersonate(clock, '127.0.0.2'));
  if (trouble.kind === 'expired-certificate') {
    const impostor = await impersonate(longAgo);
    return { ...settingsOf(impostor), ca: impostor.authority };
  }
  plant(front, proxy, trouble);
  return config;
}

function settingsOf({ authority: _, ...settings }: { readonly authority: string; readonly [name: string]: unknown }) {
  return settings;
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
