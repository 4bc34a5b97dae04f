/** OpenSSH's own server with its internal SFTP server, on a port of its own, with keys of its own, for one test. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { createHash } from 'node:crypto';

const SSHD = '/usr/sbin/sshd';
const STARTS_MAX = 5;

/** Why tests that need OpenSSH are skipped here; `undefined` when they are not. */
export const OPENSSH_SKIPPED: string | undefined = existsSync(SSHD)
  ? undefined
  : `${SSHD} is not installed (Debian package openssh-server)`;

export interface OpensshServer {
  /** Where a session begins. */
  readonly root: string;
  readonly port: number;
  /** Of the process that listens; its children serve the connections. */
  readonly pid: number;
  /** The fingerprint of its host key, `SHA256:...`. */
  readonly hostKey: string;
  readonly userKeyPath: string;
  /** A key the server does not know. */
  readonly strangerKeyPath: string;
  readonly user: string;
  stop(): Promise<void>;
}

export interface OpensshOptions {
  /** Where a session begins; paths outside it stay reachable, as with any account without a jail. */
  readonly root: string;
  /** Further lines of sshd_config. */
  readonly settings?: readonly string[];
}

/** Starts a server and resolves once it listens. */
export async function startOpenssh(options: OpensshOptions): Promise<OpensshServer> {
  const home = await mkdtemp(join(tmpdir(), 'openssh-'));
  await chmod(home, 0o755);
  const keys = { host: join(home, 'host'), user: join(home, 'user'), stranger: join(home, 'stranger') };
  for (const path of Object.values(keys)) await makeKey(path);
  await writeFile(join(home, 'authorized'), await readFile(`${keys.user}.pub`), { mode: 0o600 });
  // OpenSSH wants this folder when it runs as root, and Debian only makes it when its service starts.
  if (userInfo().uid === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  const { child, port } = await listenSomewhere(home, options);
  return {
    root: options.root,
    port,
    pid: child.pid ?? -1,
    hostKey: fingerprint(await readFile(`${keys.host}.pub`, 'utf8')),
    userKeyPath: keys.user,
    strangerKeyPath: keys.stranger,
    user: userInfo().username,
    stop: async () => {
      await end(child);
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** Another program may take the free port before the server does; then it is another port's turn. */
async function listenSomewhere(home: string, options: OpensshOptions): Promise<{ child: ChildProcess; port: number }> {
  for (let starts = 1; ; starts++) {
    const port = await freePort();
    await writeFile(join(home, 'config'), configuration(home, port, options));
    const child = spawn(SSHD, ['-D', '-e', '-f', join(home, 'config')], { stdio: ['ignore', 'ignore', 'pipe'] });
    const said = await untilListening(child);
    if (said === undefined) return { child, port };
    await end(child);
    if (starts >= STARTS_MAX) throw new Error(`sshd does not start: ${said}`);
  }
}

function configuration(home: string, port: number, { root, settings = [] }: OpensshOptions): string {
  return [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${home}/host`,
    `AuthorizedKeysFile ${home}/authorized`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PermitRootLogin yes',
    'PasswordAuthentication yes',
    'KbdInteractiveAuthentication no',
    'MaxStartups 100',
    'MaxSessions 100',
    'MaxAuthTries 20',
    'LogLevel INFO',
    `Subsystem sftp internal-sftp -d ${root}`,
    ...settings,
    '',
  ].join('\n');
}

/** Resolves to `undefined` when it listens, or to what it said before it ended. */
function untilListening(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    const said: string[] = [];
    child.once('error', (error) => resolve(error.message));
    child.once('exit', () => resolve(said.join('; ')));
    if (child.stderr === null) return resolve('no standard error');
    createInterface({ input: child.stderr }).on('line', (line) => {
      said.push(line);
      if (line.startsWith('Server listening')) resolve(undefined);
    });
  });
}

export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

export async function makeKey(path: string): Promise<void> {
  await promisify(execFile)('ssh-keygen', [
    '-q',
    '-t',
    'ecdsa',
    '-b',
    '256',
    '-N',
    '',
    '-C',
    'waybill test',
    '-f',
    path,
  ]);
}

export function fingerprint(publicKey: string): string {
  const blob = Buffer.from(publicKey.split(' ')[1] ?? '', 'base64');
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
