/** Folders behind a real OpenSSH for the conformance kit, and a bad network in between where a scenario asks. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  folderPlace,
  startTcpProxy,
  type Harness,
  type TcpProxy,
  type Trouble,
} from '@waybill/connector-sdk/conformance';
import { startOpenssh, OPENSSH_SKIPPED, type OpensshServer } from '../../peers/openssh.ts';
import { startSftpServer } from '../../peers/sftp-server.ts';

/** Why there can be no place on this machine; `undefined` where there can. */
export const skipped = OPENSSH_SKIPPED;

/** Nobody listens on it: TCPMUX. */
const DEAD_PORT = 1;
let starting: Promise<OpensshServer> | undefined;

export const harness: Harness = {
  package: join(import.meta.dirname, '..'),
  troubles: ['cut', 'cut-upload', 'lost-commit', 'silence', 'slow', 'unreachable', 'wrong-host-key'],
  cannot: { 'stored-short': 'OpenSSH keeps what it is sent or says that it does not' },
  open: async () => {
    starting ??= startOpenssh({ root: tmpdir() });
    const server = await starting;
    const root = await mkdtemp(join(tmpdir(), 'sftp-conformance-'));
    const proxy = await startTcpProxy(server.port);
    const config = { host: '127.0.0.1', port: proxy.port, user: server.user, root, hostKey: server.hostKey };
    const others: { close(): Promise<void> }[] = [proxy];
    return {
      config,
      secrets: { privateKey: await readFile(server.userKeyPath, 'utf8') },
      wrongSecrets: { privateKey: await readFile(server.strangerKeyPath, 'utf8') },
      ...folderPlace(root),
      trouble: async (trouble) => {
        if (trouble.kind === 'unreachable') return { ...config, port: DEAD_PORT };
        if (trouble.kind !== 'wrong-host-key') return plant(proxy, trouble);
        const authorizedKey = await readFile(`${server.userKeyPath}.pub`, 'utf8');
        const impostor = await startSftpServer({ root, user: server.user, authorizedKey });
        others.push(impostor);
        proxy.leadTo(impostor.port);
        return config;
      },
      over: async () => proxy.mend(),
      remove: async () => {
        for (const each of others) await each.close();
        await rm(root, { recursive: true, force: true });
      },
    };
  },
  close: async () => {
    await (await starting)?.stop();
    starting = undefined;
  },
};

function plant(proxy: TcpProxy, trouble: Trouble): void {
  if (trouble.kind === 'cut') return proxy.cutAfter(trouble.afterBytes);
  if (trouble.kind === 'cut-upload') return proxy.cutUploadAfter(trouble.afterBytes);
  if (trouble.kind === 'silence') return proxy.silence();
  if (trouble.kind === 'slow') return proxy.slow(trouble.bytesPerSecond);
  if (trouble.kind === 'lost-commit') return trouble.landed ? proxy.cutAtNextAnswer() : proxy.cutAtNextQuestion();
  throw new Error(`there is no trouble of the kind ${trouble.kind} over SSH`);
}
