/** Hears what a program writes out to the disk, and when; what `hear` throws is what the disk says. */
import { jest } from '@jest/globals';
import { type FileHandle, open } from 'node:fs/promises';
import { NAMES, type Names } from '../../plugins/sdk/files.ts';

/** `sizeBytes` is what was in the file by then. Folders are not told. Until `jest.restoreAllMocks`. */
export async function hearSyncs(hear: (sizeBytes: number) => void): Promise<void> {
  const any = await open(import.meta.filename);
  const prototype = Object.getPrototypeOf(any) as FileHandle;
  await any.close();
  const { sync } = prototype;
  jest.spyOn(prototype, 'sync').mockImplementation(async function (this: FileHandle) {
    const found = await this.stat();
    if (found.isFile()) hear(found.size);
    return sync.call(this);
  });
}

/** The names of this disk, which say when a file is named and when names are written out. */
export function heardNames(hear: (act: string) => void): Names {
  return {
    ...NAMES,
    link: async (from, to) => {
      hear('named');
      await NAMES.link(from, to);
    },
    sync: async (folder) => {
      hear('names written out');
      await NAMES.sync(folder);
    },
  };
}
