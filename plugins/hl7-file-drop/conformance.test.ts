import { describe, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describeConnector } from '@waybill/connector-sdk/conformance';
import connector from './index.ts';

describeConnector(connector, {
  runner: { describe, test },
  open: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'drop-'));
    return {
      config: { folder },
      secrets: {},
      put: async (path, bytes) => {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), bytes);
      },
      snapshot: () => digestOf(folder),
      remove: () => rm(folder, { recursive: true }),
    };
  },
});

async function digestOf(root: string): Promise<string> {
  const hash = createHash('sha256');
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    hash.update(`${entry.parentPath}/${entry.name}\0`);
    if (entry.isFile()) hash.update(await readFile(join(entry.parentPath, entry.name)));
  }
  return hash.digest('hex');
}
