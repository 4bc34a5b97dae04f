/** FHIR servers for the conformance kit, behind a front that fails and a network that breaks when a scenario asks. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTcpProxy, type Harness } from '@waybill/connector-sdk/conformance';
import { sandboxCertificates } from '../../peers/certificates.ts';
import { startFhirFront } from '../../peers/fhir-front.ts';
import { startFhirServer } from '../../peers/fhir-server.ts';
import type { Resource } from '../../peers/fhir-store.ts';
import { clock, endingOf, troubled } from './trouble.ts';

const TOKEN = 'a-token-of-this-test';
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
    items:
      'a FHIR server holds resources and no files; test/plugins/https-api/source.test.ts keeps these promises, and ' +
      'attachments.test.ts that of bounded memory: a resource is held whole, up to 64 MiB',
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
    const scene = { config, certificates, server, front, proxy, others };
    return {
      config,
      secrets: { token: TOKEN },
      wrongSecrets: { token: 'another-token-entirely' },
      trouble: async (trouble) => {
        if (trouble.kind !== 'stored-short') return troubled(scene, trouble);
        isForgetful = true;
        return config;
      },
      ...endingOf(scene, directory),
    };
  },
};

/** Somebody's birth date did not fit. */
function shortened(resource: Resource): Resource {
  const { birthDate: _, ...rest } = resource;
  return { ...rest, resourceType: resource.resourceType };
}
