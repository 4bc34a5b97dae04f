/** What a stranger has on any machine: a shell, coreutils and openssl, and here not even a network. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const NAMES = [
  ...['sh', 'awk', 'sed', 'grep', 'find', 'diff', 'openssl'],
  ...['base64', 'cat', 'cut', 'mktemp', 'od', 'printf', 'rm', 'sha256sum', 'sort', 'tail', 'tr'],
];

export interface PlainTools {
  run(command: readonly string[], folder: string): { readonly code: number | null; readonly output: string };
}

/** Tools in `folder`, which is made and is all of the PATH; cut off from any network where the system lets us. */
export function plainTools(folder: string): PlainTools {
  mkdirSync(folder);
  for (const name of NAMES) symlinkSync(pathOf(name), join(folder, name));
  const isCutOff = spawnSync('unshare', ['-rn', 'true']).status === 0;
  return {
    run([name = '', ...args], cwd) {
      const tool = join(folder, name);
      const [program, given] = isCutOff ? [pathOf('unshare'), ['-rn', tool, ...args]] : [tool, args];
      const { status, stdout, stderr } = spawnSync(program, given, {
        cwd,
        env: { PATH: folder, TMPDIR: tmpdir(), LC_ALL: 'C' },
        encoding: 'utf8',
      });
      return { code: status, output: `${stdout}${stderr}` };
    },
  };
}

function pathOf(name: string): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  if (found === undefined) throw new Error(`this machine has no ${name}`);
  return found;
}
