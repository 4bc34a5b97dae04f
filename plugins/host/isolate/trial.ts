/** Runs behind the wall, without Node's permission model: says what it could do that it should not be able to. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';

const NAMESPACES = ['user', 'mnt', 'net', 'pid', 'ipc', 'uts'];
const ATTEMPTS: Readonly<Record<string, () => boolean>> = {
  'it sees a network': () => Object.keys(networkInterfaces()).some((name) => name !== 'lo'),
  'it starts programs': () => spawnSync(process.execPath, ['-v']).error === undefined,
  'it sees files of the host': () => readdirSync('/').some((name) => name === 'etc' || name === 'bin'),
  'it writes': () => writeFileSync('/written', '') === undefined,
  'it writes to the kernel': () => writeFileSync('/proc/sys/kernel/hostname', 'written') === undefined,
};

function succeeds(attempt: () => boolean): boolean {
  try {
    return attempt();
  } catch {
    return false;
  }
}

const could = Object.entries(ATTEMPTS).flatMap(([name, attempt]) => (succeeds(attempt) ? [name] : []));
const namespaces = Object.fromEntries(NAMESPACES.map((name) => [name, readlinkSync(`/proc/self/ns/${name}`)]));
process.stdout.write(JSON.stringify({ namespaces, could }));
