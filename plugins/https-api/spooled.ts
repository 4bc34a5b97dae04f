import { isConnectorError, type Spool } from '@waybill/connector-sdk';

/** The spooled bytes, known to be there before anything is asked of anybody; `undefined` when they are not. */
export async function spooled(spool: Spool, key: string): Promise<AsyncIterable<Uint8Array> | undefined> {
  const chunks = spool.read(key)[Symbol.asyncIterator]();
  try {
    return resumed(await chunks.next(), chunks);
  } catch (error) {
    if (isConnectorError(error) && error.code === 'ITEM_NOT_FOUND') return undefined;
    throw error;
  }
}

async function* resumed(
  first: IteratorResult<Uint8Array>,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    for (let next = first; next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
