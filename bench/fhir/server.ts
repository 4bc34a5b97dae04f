/** The FHIR server of the bench, and a bare one that speaks HTTP/2 as well, in a process of their own. */
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../kernel/clock.ts';
import { sandboxCertificates } from '../../plugins/peers/certificates.ts';
import { startFhirServer } from '../../plugins/peers/fhir-server.ts';

const { directory, token } = JSON.parse(process.argv[2] ?? '{}') as {
  readonly directory: string;
  readonly token: string;
};
const certificates = await sandboxCertificates(systemClock);
const server = await startFhirServer({ certificates, directory, token });

/** Takes what it is sent and answers shortly: what is left is the protocol. */
const bare = createSecureServer(
  { key: certificates.privateKey, cert: certificates.certificate, allowHTTP1: true },
  (request, response) => {
    request.on('data', () => {});
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{"resourceType":"Bundle"}');
    });
  },
);
await new Promise<void>((resolve) => bare.listen(0, '127.0.0.1', resolve));
const { port } = bare.address() as AddressInfo;
process.send?.({ baseUrl: server.baseUrl, bareUrl: `https://127.0.0.1:${port}/`, authority: server.authority });
process.on('disconnect', () => process.exit());
