/** ProFTPD's mod_sftp and rclone's SFTP server: neither is built on OpenSSH, and each lacks other extensions. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { setTimeout as pause } from 'node:timers/promises';
import { end, fingerprint, freePort, makeKey } from './openssh.ts';

const PROFTPD = '/usr/sbin/proftpd';
const MOD_SFTP = '/usr/lib/proftpd/mod_sftp.so';
const RCLONE = '/usr/bin/rclone';
const STARTS_MAX = 5;
const LOOKS_MAX = 200;
const LOOK_EVERY_MS = 50;

/** Why tests that need it are skipped here; `undefined` when they are not. */
export const PROFTPD_SKIPPED: string | undefined =
  !existsSync(PROFTPD) || !existsSync(MOD_SFTP)
    ? `${MOD_SFTP} is not installed (Debian packages proftpd-core and proftpd-mod-crypto)`
    : userInfo().uid === 0
      ? undefined
      : 'ProFTPD serves an account of its own only where it is started by root';

export const RCLONE_SKIPPED: string | undefined = existsSync(RCLONE)
  ? undefined
  : `${RCLONE} is not installed (Debian package rclone)`;

export interface OtherSftpServer {
  /** Folder of this machine that it serves. */
  readonly served: string;
  /** The same folder as a client sees it. */
  readonly root: string;
  readonly port: number;
  readonly hostKey: string;
  readonly user: string;
  readonly userKeyPath: string;
  readonly strangerKeyPath: string;
  stop(): Promise<void>;
}

interface Files {
  readonly home: string;
  readonly host: string;
  readonly user: string;
  readonly stranger: string;
  readonly served: string;
}

export function startProftpd(): Promise<OtherSftpServer> {
  return start('proftpd', async (files, port) => {
    const { uid, gid, username } = userInfo();
    // It reads keys in the form of RFC 4716 only.
    const { stdout } = await promisify(execFile)('ssh-keygen', ['-e', '-f', `${files.user}.pub`]);
    await writeFile(join(files.home, 'authorized'), stdout, { mode: 0o600 });
    const account = [username, '*', uid, gid, '', files.served, '/bin/sh'].join(':');
    await writeFile(join(files.home, 'passwd'), `${account}\n`, { mode: 0o600 });
    await writeFile(join(files.home, 'config'), proftpdConfiguration(files, port));
    return spawn(PROFTPD, ['-n', '-c', join(files.home, 'config')], { stdio: 'ignore' });
  });
}

export function startRclone(): Promise<OtherSftpServer> {
  return start('rclone', async (files, port) => {
    await copyFile(`${files.user}.pub`, join(files.home, 'authorized'));
    const flags = [
      ...['--addr', `127.0.0.1:${port}`, '--key', files.host],
      ...['--authorized-keys', join(files.home, 'authorized'), '--config', join(files.home, 'none')],
      // What the owner's own tools put there is to be seen at once, and what is written is to be on the disk.
      ...['--dir-cache-time', '0s', '--cache-dir', join(files.home, 'cache')],
    ];
    return spawn(RCLONE, ['serve', 'sftp', ...flags, files.served], { stdio: 'ignore' });
  });
}

async function start(
  name: string,
  launch: (files: Files, port: number) => Promise<ChildProcess>,
): Promise<OtherSftpServer> {
  const home = await mkdtemp(join(tmpdir(), `${name}-`));
  await chmod(home, 0o755);
  const [host = '', user = '', stranger = ''] = ['host', 'user', 'stranger'].map((each) => join(home, each));
  for (const path of [host, user, stranger]) await makeKey(path);
  const served = join(home, 'served');
  await mkdir(served);
  for (let starts = 1; ; starts++) {
    const port = await freePort();
    const child = await launch({ home, host, user, stranger, served }, port);
    if (await isListening(child, port)) {
      return {
        ...{ served, port, user: userInfo().username, userKeyPath: user, strangerKeyPath: stranger },
        root: name === 'rclone' ? '/' : served,
        hostKey: fingerprint(await readFile(`${host}.pub`, 'utf8')),
        stop: async () => {
          await end(child);
          await rm(home, { recursive: true, force: true });
        },
      };
    }
    await end(child);
    if (starts >= STARTS_MAX) throw new Error(`${name} does not start`);
  }
}

function proftpdConfiguration({ home, host }: Files, port: number): string {
  const { username } = userInfo();
  return [
    'LoadModule mod_sftp.c',
    'ServerType standalone',
    `Port ${port}`,
    'DefaultAddress 127.0.0.1',
    'UseIPv6 off',
    'UseReverseDNS off',
    'RootLogin on',
    'UseFtpUsers off',
    `User ${username}`,
    'Group root',
    'MaxInstances 200',
    'MaxLoginAttempts 20',
    'RequireValidShell off',
    'AuthOrder mod_auth_file.c',
    `AuthUserFile ${home}/passwd`,
    `PidFile ${home}/pid`,
    `ScoreboardFile ${home}/scoreboard`,
    `SystemLog ${home}/log`,
    'WtmpLog off',
    'TransferLog none',
    'Umask 077 077',
    'AllowOverwrite on',
    'HiddenStores off',
    'SFTPEngine on',
    `SFTPLog ${home}/sftp.log`,
    `SFTPHostKey ${host}`,
    `SFTPAuthorizedUserKeys file:${home}/authorized`,
    'SFTPAuthMethods publickey',
    '',
  ].join('\n');
}

async function isListening(child: ChildProcess, port: number): Promise<boolean> {
  let isOver = false;
  child.once('exit', () => {
    isOver = true;
  });
  child.once('error', () => {
    isOver = true;
  });
  for (let looks = 0; looks < LOOKS_MAX && !isOver; looks++) {
    if (await answers(port)) return true;
    await pause(LOOK_EVERY_MS);
  }
  return false;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('error', () => resolve(false));
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
