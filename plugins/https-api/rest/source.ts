/** An ordinary API as a source of whole items. */
import { ConnectorError, requireSafePath, type Source } from '@waybill/connector-sdk';
import { from } from '../read.ts';
import { type Api, nameOf } from './api.ts';
import { list } from './list.ts';

export function restSource(api: Api): Source {
  return {
    async *list(signal) {
      for await (const { path, targetId, sizeBytes, modifiedAt, mediaType } of list(api, signal)) {
        yield {
          path,
          sizeBytes: sizeBytes ?? (await measured(api, targetId, signal)),
          ...(modifiedAt === undefined ? {} : { modifiedAt }),
          ...(mediaType === undefined ? {} : { mediaType }),
        };
      }
    },
    async *read(path, offsetBytes, signal) {
      requireSafePath(path);
      signal.throwIfAborted();
      const found = await api.find({ path, name: nameOf(path) }, signal);
      if (found === undefined) throw new ConnectorError('ITEM_NOT_FOUND', `${JSON.stringify(path)} is not there`);
      yield* from(offsetBytes, api.read(found.targetId, signal));
    },
    close: () => api.close(),
  };
}

async function measured(api: Api, targetId: string, signal: AbortSignal): Promise<number> {
  let sizeBytes = 0;
  for await (const chunk of api.read(targetId, signal)) sizeBytes += chunk.byteLength;
  return sizeBytes;
}
