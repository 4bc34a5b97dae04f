import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describeConnector } from '@waybill/connector-sdk/conformance';
import { OPENSSH_SKIPPED, startOpenssh, type OpensshServer } from '../../test/support/openssh.ts';
import connector from './index.ts';

if (OPENSSH_SKIPPED !== undefined) {
  test.skip(`sftp keeps the connector contract (skipped: ${OPENSSH_SKIPPED})`, () => {});
} else {
  let server: OpensshServer;
  beforeAll(async () => {
    server = await startOpenssh({ root: tmpdir() });
  });
  afterAll(async () => server.stop());

  describeConnector(connector, {
    runner: { describe, test },
    open: async () => {
      const root = await mkdtemp(join(tmpdir(), 'sftp-conformance-'));
      const { port, user, hostKey } = server;
      return {
        config: { host: '127.0.0.1', port, user, root, hostKey },
        secrets: { privateKey: await readFile(server.userKeyPath, 'utf8') },
        wrongSecrets: { privateKey: await readFile(server.strangerKeyPath, 'utf8') },
        put: async (path, bytes) => {
          await mkdir(dirname(join(root, path)), { recursive: true });
          await writeFile(join(root, path), bytes);
        },
        snapshot: () => digestOf(root),
        remove: () => rm(root, { recursive: true }),
      };
    },
  });
}

async function digestOf(root: string): Promise<string> {
  const hash = createHash('sha256');
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    hash.update(`${entry.parentPath}/${entry.name}\0`);
    if (entry.isFile()) hash.update(await readFile(join(entry.parentPath, entry.name)));
  }
  return hash.digest('hex');
}
