/** Places in memory for the conformance kit, with the trouble that a place can plant by itself. */
import { join } from 'node:path';
import type { Harness, Trouble } from '@waybill/connector-sdk/conformance';
import { forgetPlace, memoryPlace, type MemoryPlace, type PlantedFault } from '../index.ts';

let places = 0;

export const harness: Harness = {
  package: join(import.meta.dirname, '..'),
  troubles: ['cut', 'cut-upload', 'lost-commit', 'silence', 'stored-short'],
  open: async () => {
    places++;
    const name = `conformance-${places}`;
    const place = memoryPlace(name);
    return {
      config: { place: name },
      secrets: {},
      put: async (path, bytes) => place.put(path, bytes),
      snapshot: async () => JSON.stringify([...place.files.keys()]),
      held: async () => heldBy(place),
      trouble: async (trouble) => plant(place, trouble),
      over: async () => place.faults.clear(),
      remove: async () => forgetPlace(name),
    };
  },
};

async function heldBy(place: MemoryPlace) {
  return [...place.files].map(([path, { bytes, modifiedAt }]) => ({ path, bytes, modifiedAt }));
}

function plant(place: MemoryPlace, trouble: Trouble): void {
  for (const fault of faultsOf(trouble)) place.plant(fault);
}

function faultsOf(trouble: Trouble): readonly PlantedFault[] {
  if (trouble.kind === 'cut') {
    return [{ on: 'read', nth: 1, effect: { kind: 'fail', code: 'STREAM_TRUNCATED', atByte: trouble.afterBytes } }];
  }
  if (trouble.kind === 'cut-upload') return [{ on: 'stage', nth: 1, effect: { kind: 'fail', code: 'UNAVAILABLE' } }];
  if (trouble.kind === 'lost-commit') {
    return [{ on: 'commit', nth: 1, effect: { kind: 'drop', landed: trouble.landed } }];
  }
  if (trouble.kind === 'stored-short') {
    return [{ on: 'stage', nth: 1, effect: { kind: 'truncate', atByte: trouble.keptBytes } }];
  }
  if (trouble.kind === 'silence') return (['check', 'read'] as const).map((on) => ({ on, effect: { kind: 'hang' } }));
  throw new Error(`memory knows no trouble of the kind ${trouble.kind}`);
}
