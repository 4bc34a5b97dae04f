/** Folders of a test as maps of bytes. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { PackReader } from '../../subgraphs/audit/domain/verify.ts';

export function readFolder(folder: string): Map<string, Buffer> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
  const paths = entries.map((each) => join(each.parentPath, each.name)).sort();
  return new Map(paths.map((path) => [relative(folder, path), readFileSync(path)]));
}

/** A pack in memory. */
export function readerOf(files: ReadonlyMap<string, Uint8Array>): PackReader {
  return {
    list: () => [...files.keys()].map((path) => ({ path, kind: 'file' as const })),
    read: (path) => {
      const bytes = files.get(path);
      if (bytes === undefined) throw new Error('no such file');
      return [bytes];
    },
  };
}
