/** Hears which files a program writes out to the disk, before they are; what `hear` throws is what the disk says. */
import { jest } from '@jest/globals';
import { type FileHandle, open } from 'node:fs/promises';

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
