/** How far a profile is, in a private folder on this machine: hashes and counts, no value. It may be lost. */
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Unread } from '../domain/profile.ts';

const OWNER_ONLY_FOLDER = 0o700;
const OWNER_ONLY_FILE = 0o600;

/** `survey` and `startedAt` tell the profile it is of. */
export interface Checkpoint {
  readonly survey: string;
  readonly startedAt: string;
  /** Lines of the survey that were dealt with. */
  readonly itemsDone: number;
  readonly unread: Unread;
  /** As DatasetProfiler.toJson says it. */
  readonly profiler: string;
}

export class CheckpointFolder {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** The checkpoint of this profile; undefined where there is none that can be read, and then nothing else is there. */
  async take({ survey, startedAt }: Pick<Checkpoint, 'survey' | 'startedAt'>): Promise<Checkpoint | undefined> {
    await mkdir(this.folder, { recursive: true, mode: OWNER_ONLY_FOLDER });
    const found = await readCheckpoint(this.#path);
    if (found?.survey === survey && found.startedAt === startedAt) return found;
    await this.remove();
    await mkdir(this.folder, { recursive: true, mode: OWNER_ONLY_FOLDER });
    return undefined;
  }

  /** Writes it beside the one before; it takes its place when `replace` is called. */
  async prepare(checkpoint: Checkpoint): Promise<{ replace(): Promise<void> }> {
    const beside = `${this.#path}.new`;
    const file = await open(beside, 'w', OWNER_ONLY_FILE);
    try {
      await file.writeFile(JSON.stringify(checkpoint));
      await file.sync();
    } finally {
      await file.close();
    }
    return { replace: () => rename(beside, this.#path) };
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  get #path(): string {
    return join(this.folder, 'checkpoint.json');
  }
}

async function readCheckpoint(path: string): Promise<Checkpoint | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Checkpoint;
  } catch {
    return undefined;
  }
}
