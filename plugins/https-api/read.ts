import { ConnectorError } from '@waybill/connector-sdk';
import { FHIR_JSON, requireTargetId } from './fhir.ts';
import type { Ask } from './exchange.ts';
import type { Http } from './http.ts';

/** Streams what is stored under an id: the bytes of a Binary, the JSON of anything else; never a part as the whole. */
export async function* readResource(http: Http, targetId: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  requireTargetId(targetId);
  // A FHIR type here would ask for the resource around the bytes.
  const accept = targetId.startsWith('Binary/') ? '*/*' : FHIR_JSON;
  yield* readWhole(http, targetId, { accept }, signal);
}

/** Streams the content an address under the base leads to. */
export function readAddress(http: Http, address: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  return readWhole(http, address, { accept: '*/*' }, signal);
}

/** Streams an answer to its end, which its length must confirm. */
export async function* readWhole(
  http: Http,
  path: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const ask: Ask = { method: 'GET', path, headers, signal };
  const { body, headers: answered } = await http.ask(ask);
  const declared = Number([answered['content-length']].flat()[0] ?? Number.NaN);
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

/** What comes from an offset on. The whole is read all the same: only the whole can be held against its length. */
export async function* from(offsetBytes: number, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let skip = offsetBytes;
  for await (const chunk of chunks) {
    const fresh = chunk.subarray(Math.min(skip, chunk.byteLength));
    skip -= chunk.byteLength - fresh.byteLength;
    if (fresh.byteLength > 0) yield fresh;
  }
}
