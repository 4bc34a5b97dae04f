/** The lineage maps that come with Waybill: every file of records/maps, by its name. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = new URL('../../../records/maps/', import.meta.url);
const MAP_FILE = /^(?<name>[a-z0-9-]+)(?:\.lineage)?\.(?:yaml|yml|json)$/;

/** Name to path, for example `oru-to-fhir`. */
export function shippedLineages(): ReadonlyMap<string, string> {
  const maps = new Map<string, string>();
  for (const file of readdirSync(FOLDER).sort()) {
    const name = MAP_FILE.exec(file)?.groups?.['name'];
    if (name !== undefined) maps.set(name, fileURLToPath(new URL(file, FOLDER)));
  }
  return maps;
}
