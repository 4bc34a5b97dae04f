/** Writing so that it survives a power cut: temp file, fsync, rename, fsync of the folder. */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const READ_ONLY = 0o444;

export interface DurableFile {
  /** Relative to the folder written to, with slashes. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * Writes files below `folder`; each appears whole or not at all, and all are on the disk when it returns. Writing a
 * file again replaces it.
 */
export async function replaceFiles(folder: string, files: Iterable<DurableFile>): Promise<void> {
  const incoming = join(folder, 'incoming');
  const touched = new Set<string>();
  await mkdir(incoming, { recursive: true });
  for (const { path, bytes } of files) {
    const final = join(folder, path);
    await makeFolders(folder, dirname(path), touched);
    const temporary = join(incoming, `${process.pid}.${randomBytes(12).toString('hex')}`);
    try {
      await createFile(temporary, [bytes]);
      await rename(temporary, final);
    } finally {
      await rm(temporary, { force: true });
    }
  }
  for (const each of touched) await syncFolder(each);
}

/** Writes a new file and forces it to the disk; its folder is not synced. Gives the number of bytes. */
export async function createFile(
  path: string,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<number> {
  const file = await open(path, 'wx', READ_ONLY);
  let sizeBytes = 0;
  try {
    for await (const chunk of chunks) {
      sizeBytes += chunk.byteLength;
      await file.writeFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return sizeBytes;
}

/** Forces to the disk which files a folder has. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Removes what writers that are no longer alive left in `folder`/incoming. */
export async function sweepIncoming(folder: string): Promise<void> {
  const incoming = join(folder, 'incoming');
  await mkdir(incoming, { recursive: true });
  for (const name of await readdir(incoming)) {
    if (!isAlive(Number(name.split('.')[0]))) await rm(join(incoming, name), { force: true });
  }
}

/** Makes the folders of a relative path, and notes every folder whose contents changed. */
async function makeFolders(root: string, path: string, touched: Set<string>): Promise<void> {
  await mkdir(join(root, path), { recursive: true });
  for (let each = path; each !== '.'; each = dirname(each)) touched.add(join(root, each));
  touched.add(root);
}

function isAlive(pid: number): boolean {
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
