import type { IncomingMessage } from 'node:http';

/** The whole body of a request. Fails with a RangeError beyond `bytesMax`. */
export async function gather(request: IncomingMessage, bytesMax = Number.POSITIVE_INFINITY): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > bytesMax) throw new RangeError('the body is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
