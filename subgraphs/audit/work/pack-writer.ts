/** Writes a bag file by file into a folder nobody looks at yet, and keeps the list of what it wrote. */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RunningDigest } from '../../../kernel/digest.ts';
import { brokenPromise } from '../../../kernel/fault.ts';
import { type BagFile, isBagPath } from '../domain/bag.ts';
import { createFile, syncFolder } from './durable.ts';

export class PackWriter {
  readonly folder: string;
  readonly #written: BagFile[] = [];

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Starts with an empty folder; what an interrupted attempt left in it goes. */
  static async open(folder: string): Promise<PackWriter> {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    return new PackWriter(folder);
  }

  async write(path: string, chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<BagFile> {
    if (!isBagPath(path)) throw brokenPromise(`no file of a pack may be named ${path}`);
    const digest = new RunningDigest();
    await mkdir(dirname(join(this.folder, path)), { recursive: true });
    await createFile(join(this.folder, path), digest.through(asyncOf(chunks)));
    const file = { path, sha256: digest.value(), sizeBytes: digest.sizeBytes };
    this.#written.push(file);
    return file;
  }

  /** What was written to the paths that `choose` picks. */
  written(choose: (path: string) => boolean): readonly BagFile[] {
    return this.#written.filter(({ path }) => choose(path));
  }

  /** Forces every folder to the disk; the files are there already. */
  async sync(): Promise<void> {
    for (const entry of await readdir(this.folder, { recursive: true, withFileTypes: true })) {
      if (entry.isDirectory()) await syncFolder(join(entry.parentPath, entry.name));
    }
    await syncFolder(this.folder);
  }
}

async function* asyncOf(chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* chunks;
}
