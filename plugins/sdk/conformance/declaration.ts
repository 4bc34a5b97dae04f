/** What a connector says of itself, and whether it is so. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Connector } from '../connector.ts';
import { equal, holds } from './expect.ts';
import type { Scenario } from './scenario.ts';

export const DECLARATION: readonly Scenario[] = [
  {
    name: 'manifest.declares',
    promise: 'it declares an id, a version, and exactly the roles that it opens',
    run: async ({ connector }) => {
      const { capabilities, id, roles, version } = connector;
      holds(/^[a-z][a-z0-9-]+$/.test(id), 'the id is not lower-case words');
      holds(/^\d+\.\d+\.\d+/.test(version), 'the version is not semantic');
      equal(connector.openSource !== undefined, roles.includes('source'), 'opens as a source');
      equal(connector.openTarget !== undefined, roles.includes('target'), 'opens as a target');
      holds(capabilities.concurrencyMax >= 1, 'no operation may run');
      equal(capabilities.shapes.length > 0, roles.includes('target'), 'takes some shape of parcel');
    },
  },
  {
    name: 'manifest.agrees',
    promise: 'what package.json says of it, which is read before any of its code runs, is what its code says',
    needs: ['package'],
    run: async ({ connector, harness }) => {
      const stated = await manifestIn(harness.package ?? '');
      equal(stated.apiVersion, connector.apiVersion, 'apiVersion');
      const { id, roles, capabilities } = connector;
      equal(sorted(stated.connectors), sorted([{ id, roles, capabilities }]), 'connectors');
    },
  },
];

interface Manifest {
  readonly apiVersion?: unknown;
  readonly connectors?: readonly Partial<Pick<Connector, 'id' | 'roles' | 'capabilities'>>[];
}

async function manifestIn(folder: string): Promise<Manifest> {
  const text = await readFile(join(folder, 'package.json'), 'utf8');
  return (JSON.parse(text) as { readonly waybill?: Manifest }).waybill ?? {};
}

/** With the names of every object in order, so that only a difference in content is one. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort()
      .map(([name, each]) => [name, sorted(each)]),
  );
}
