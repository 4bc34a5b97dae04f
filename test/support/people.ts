/** The people of a journey, with key files made by the real command line, and what a folder holds at its end. */
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { sha256 } from '../../kernel/digest.ts';
import { runWaybill } from './waybill.ts';

export interface People {
  readonly operator: string;
  readonly approver: string;
  /** `--operator FILE --approver FILE`. */
  readonly flags: readonly string[];
}

/** An operator and an approver, their key files in `directory`. */
export async function people(directory: string): Promise<People> {
  const operator = join(directory, 'olga.key');
  const approver = join(directory, 'anna.key');
  for (const [name, role, out] of [
    ['olga', 'operator', operator],
    ['anna', 'approver', approver],
  ] as const) {
    const made = await runWaybill(['identity', 'create', name, '--role', role, '--out', out], { directory });
    if (made.code !== 0) throw new Error(made.stderr);
  }
  return { operator, approver, flags: ['--operator', operator, '--approver', approver] };
}

/** The digest of every file under `folder`, by relative path. */
export async function readFolder(folder: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const digests: Record<string, string> = {};
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    digests[relative(folder, path)] = sha256(await readFile(path));
  }
  return digests;
}
