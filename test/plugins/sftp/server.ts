/** OpenSSH with a fresh root, and a connector host in front of it, for the tests of the SFTP connector. */
import { describe } from '@jest/globals';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../kernel/clock.ts';
import {
  openConnectorHost,
  type ConnectorHost,
  type EndpointSettings,
  type HostOptions,
} from '../../../plugins/host/index.ts';
import type { Json } from '../../../kernel/canonical-json.ts';
import { OPENSSH_SKIPPED, startOpenssh, type OpensshServer } from '../../../plugins/peers/openssh.ts';

export interface SftpHouse {
  readonly server: OpensshServer;
  readonly host: ConnectorHost;
  readonly directory: string;
  /** A fresh folder on the server. */
  root(): Promise<string>;
  /** Endpoint settings for a root, with the right pin and key unless told otherwise. */
  endpoint(
    root: string,
    config?: { readonly [name: string]: Json },
    secrets?: Record<string, string>,
  ): EndpointSettings;
  readonly log: { readonly fact: string; readonly facts: object | undefined }[];
  leave(): Promise<void>;
}

export async function enterSftpHouse(
  settings: readonly string[] = [],
  bandwidth?: HostOptions['bandwidth'],
  clock: HostOptions['clock'] = systemClock,
): Promise<SftpHouse> {
  const directory = await mkdtemp(join(tmpdir(), 'sftp-'));
  const server = await startOpenssh({ root: directory, settings });
  const log: { fact: string; facts: object | undefined }[] = [];
  const host = await openConnectorHost({
    packages: ['@waybill/connector-sftp', '@waybill/connector-hl7-file-drop'],
    spoolDirectory: join(directory, 'spool'),
    environment: (name) => (name === 'WRONG_PASSWORD' ? 'not the password' : undefined),
    log: (fact, facts) => log.push({ fact, facts }),
    clock,
    limits: { backoffFirstMs: 1, backoffMostMs: 5 },
    bandwidth,
  });
  return {
    server,
    host,
    directory,
    log,
    root: () => mkdtemp(join(directory, 'root-')),
    endpoint: (root, config = {}, secrets = { privateKey: `file:${server.userKeyPath}` }) => {
      const { port, user, hostKey } = server;
      return { connector: 'sftp', config: { host: '127.0.0.1', port, user, root, hostKey, ...config }, secrets };
    },
    leave: async () => {
      await host.close();
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Makes the folder a path lies in. */
export async function folderFor(path: string): Promise<string> {
  await mkdir(join(path, '..'), { recursive: true });
  return path;
}

/** Tests that need OpenSSH; where it is missing they are skipped and say why. */
export function describeWithOpenssh(name: string, body: () => void): void {
  if (OPENSSH_SKIPPED === undefined) describe(name, body);
  else describe.skip(`${name} (skipped: ${OPENSSH_SKIPPED})`, body);
}
