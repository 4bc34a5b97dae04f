/** A place that is a folder of this machine, looked at without the connector. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { Held, Place } from './harness.ts';

/** Puts, shows and fingerprints what lies in `root`; a name that begins with a dot at its top is nobody's item. */
export function folderPlace(root: string): Required<Pick<Place, 'put' | 'pour' | 'held' | 'snapshot'>> {
  return {
    put: async (path, bytes) => {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), bytes);
    },
    pour: (path, bytes) => writeFile(join(root, path), bytes),
    held: () => filesIn(root),
    snapshot: async () => {
      const hash = createHash('sha256');
      for (const { path, bytes, modifiedAt } of await filesIn(root))
        hash.update(`${path}\0${modifiedAt}\0`).update(bytes);
      return hash.digest('hex');
    },
  };
}

async function filesIn(root: string): Promise<readonly Held[]> {
  const held: Held[] = [];
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const place = join(entry.parentPath, entry.name);
    const path = relative(root, place).split(sep).join('/');
    if (!entry.isFile() || path.startsWith('.')) continue;
    held.push({ path, bytes: await readFile(place), modifiedAt: (await stat(place)).mtime.toISOString() });
  }
  return held;
}
