import type { Source } from '@waybill/connector-sdk';
import { explain } from './failure.ts';
import { readFile } from './read.ts';
import type { Root } from './root.ts';
import { walk } from './walk.ts';

/** The files under a root. Nothing there is changed. */
export function sftpSource(root: Root): Source {
  return {
    async *list(signal) {
      const session = await root.session(signal);
      for await (const { path, sizeBytes, modifiedAt } of walk(session, root.path, { log: root.context.log }, signal)) {
        yield { path, sizeBytes, modifiedAt };
      }
    },
    read: (path, offsetBytes, signal) => readInside(root, path, offsetBytes, signal),
    close: () => root.links.close(),
  };
}

/** Streams a file that lies inside the root, symlinks considered. */
export async function* readInside(
  root: Root,
  path: string,
  offsetBytes: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const wirePath = root.locate(path);
  const session = await root.session(signal);
  // Asked beside the first requests of the read and answered before them: no round trip of its own.
  const inside = root.requireInside(session, wirePath, path).catch((error: unknown) => {
    throw explain(error, 'reading', path);
  });
  inside.catch(() => {});
  for await (const chunk of readFile(session, path, wirePath, offsetBytes, signal)) {
    await inside;
    yield chunk;
  }
  await inside;
}
