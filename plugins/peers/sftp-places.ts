/** Folders behind an SFTP server for the conformance kit, and a bad network in between where a scenario asks. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { basename, join, posix } from 'node:path';
import {
  folderPlace,
  startTcpProxy,
  type Harness,
  type TcpProxy,
  type Trouble,
} from '@waybill/connector-sdk/conformance';
import { startSftpServer } from './sftp-server.ts';

export interface Served {
  /** Folder of this machine, and the same as the server's clients see it. */
  readonly served: string;
  readonly root: string;
  readonly port: number;
  readonly user: string;
  readonly hostKey: string;
  readonly userKeyPath: string;
  readonly strangerKeyPath: string;
  stop(): Promise<void>;
}

/** Nobody listens on it: TCPMUX. */
const DEAD_PORT = 1;

/** Starts the server at the first place that is asked for. `setting` is what the connector calls the folder. */
export function harnessOf(
  { package: folder, setting }: { readonly package: string; readonly setting: string },
  start: () => Promise<Served>,
  cannot: NonNullable<Harness['cannot']>,
): Harness & { close(): Promise<void> } {
  let starting: Promise<Served> | undefined;
  return {
    package: folder,
    troubles: ['cut', 'cut-upload', 'lost-commit', 'silence', 'slow', 'unreachable', 'wrong-host-key'],
    cannot,
    open: async () => {
      starting ??= start();
      return placeBehind(await starting, setting);
    },
    close: async () => {
      await (await starting)?.stop();
      starting = undefined;
    },
  };
}

async function placeBehind(server: Served, setting: string): ReturnType<Harness['open']> {
  const folder = await mkdtemp(join(server.served, 'sftp-conformance-'));
  const proxy = await startTcpProxy(server.port);
  const root = posix.join(server.root, basename(folder));
  const config = { host: '127.0.0.1', port: proxy.port, user: server.user, [setting]: root, hostKey: server.hostKey };
  const others: { close(): Promise<void> }[] = [proxy];
  return {
    config,
    secrets: { privateKey: await readFile(server.userKeyPath, 'utf8') },
    wrongSecrets: { privateKey: await readFile(server.strangerKeyPath, 'utf8') },
    ...folderPlace(folder),
    trouble: async (trouble) => {
      if (trouble.kind === 'unreachable') return { ...config, port: DEAD_PORT };
      if (trouble.kind !== 'wrong-host-key') return plant(proxy, trouble);
      const authorizedKey = await readFile(`${server.userKeyPath}.pub`, 'utf8');
      const impostor = await startSftpServer({ root: folder, user: server.user, authorizedKey });
      others.push(impostor);
      proxy.leadTo(impostor.port);
      return config;
    },
    over: async () => proxy.mend(),
    remove: async () => {
      for (const each of others) await each.close();
      // A server may still be at work on what was broken off.
      await rm(folder, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

function plant(proxy: TcpProxy, trouble: Trouble): void {
  if (trouble.kind === 'cut') return proxy.cutAfter(trouble.afterBytes);
  if (trouble.kind === 'cut-upload') return proxy.cutUploadAfter(trouble.afterBytes);
  if (trouble.kind === 'silence') return proxy.silence();
  if (trouble.kind === 'slow') return proxy.slow(trouble.bytesPerSecond);
  if (trouble.kind === 'lost-commit') return trouble.landed ? proxy.cutAtNextAnswer() : proxy.cutAtNextQuestion();
  throw new Error(`there is no trouble of the kind ${trouble.kind} over SSH`);
}
