import { ConnectorError } from '@waybill/connector-sdk';
import { FHIR_JSON, requireTargetId } from './fhir.ts';
import type { Ask } from './exchange.ts';
import type { Http } from './http.ts';

/** Streams what is stored under an id: the bytes of a Binary, the JSON of anything else; never a part as the whole. */
export async function* readResource(http: Http, targetId: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  requireTargetId(targetId);
  // A FHIR type here would ask for the resource around the bytes.
  yield* readWhole(http, targetId, targetId.startsWith('Binary/') ? '*/*' : FHIR_JSON, signal);
}

/** Streams the content an address under the base leads to. */
export function readAddress(http: Http, address: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  return readWhole(http, address, '*/*', signal);
}

async function* readWhole(http: Http, path: string, accept: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const ask: Ask = { method: 'GET', path, headers: { accept }, signal };
  const { body, headers } = await http.ask(ask);
  const declared = Number([headers['content-length']].flat()[0] ?? Number.NaN);
  let received = 0;
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      received += chunk.byteLength;
      yield chunk;
    }
  } catch (error) {
    throw http.explain(error, ask);
  }
  if (Number.isNaN(declared) || declared === received) return;
  throw new ConnectorError('STREAM_TRUNCATED', `${path} ended after ${received} of ${declared} bytes`);
}
