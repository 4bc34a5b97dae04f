/** The lineage maps and shape libraries that come with Waybill: the files beside this one. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = new URL('./', import.meta.url);
const MAP_FILE = /^(?<name>[a-z0-9-]+)\.lineage\.yaml$/;
const LIBRARY_FOLDER = new URL('shapes/', FOLDER);
const LIBRARY_FILE = /^(?<name>[a-z0-9-]+)\.shapes\.yaml$/;

/** Name to path, for example `oru-to-fhir`. */
export function shippedLineages(): ReadonlyMap<string, string> {
  return filesOf(FOLDER, MAP_FILE);
}

/** The libraries that maps may use, name to text. */
export function shippedLibraries(): ReadonlyMap<string, string> {
  if (!existsSync(LIBRARY_FOLDER)) return new Map();
  return new Map([...filesOf(LIBRARY_FOLDER, LIBRARY_FILE)].map(([name, path]) => [name, readFileSync(path, 'utf8')]));
}

function filesOf(folder: URL, pattern: RegExp): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const file of readdirSync(folder).sort()) {
    const name = pattern.exec(file)?.groups?.['name'];
    if (name !== undefined) files.set(name, fileURLToPath(new URL(file, folder)));
  }
  return files;
}
