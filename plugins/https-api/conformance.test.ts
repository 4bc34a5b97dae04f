import { describe, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeConnector } from '@waybill/connector-sdk/conformance';
import { sandboxCertificates } from '../../demo/sandbox/certificates.ts';
import { startFhirServer } from '../../demo/sandbox/fhir-server.ts';
import { systemClock } from '../../kernel/clock.ts';
import connector from './index.ts';

describeConnector(connector, {
  runner: { describe, test },
  open: async () => {
    const directory = await mkdtemp(join(tmpdir(), 'fhir-conformance-'));
    const certificates = await sandboxCertificates(systemClock);
    const server = await startFhirServer({ certificates, token: 'a-token-of-this-test', directory });
    return {
      config: { baseUrl: server.baseUrl, profile: 'fhir-r4', ca: certificates.authority },
      secrets: { token: 'a-token-of-this-test' },
      wrongSecrets: { token: 'another-token-entirely' },
      remove: async () => {
        await server.close();
        await rm(directory, { recursive: true });
      },
    };
  },
});
