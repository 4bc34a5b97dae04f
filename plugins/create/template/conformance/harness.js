// @ts-check
// What the conformance kit is lent: a fresh place for each scenario, and what its owner sees there.
import { join } from 'node:path';
import { placeOf } from '../index.js';

let places = 0;

/** @type {import('@waybill/connector-sdk/conformance').Harness} */
export const harness = {
  package: join(import.meta.dirname, '..'),
  writesReport: true,
  cannot: { times: 'a place keeps no times' },
  open: async () => {
    places++;
    const name = `place-${places}`;
    const { files } = placeOf(name);
    return {
      config: { place: name },
      secrets: {},
      put: async (path, bytes) => void files.set(path, bytes),
      held: async () => [...files].map(([path, bytes]) => ({ path, bytes })),
      snapshot: async () => JSON.stringify([...files.keys()]),
      remove: async () => files.clear(),
    };
  },
};
