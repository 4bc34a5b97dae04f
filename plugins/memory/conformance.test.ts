import { describe, test } from '@jest/globals';
import { describeConnector } from '@waybill/connector-sdk/conformance';
import connector, { forgetPlace, memoryPlace } from './index.ts';

let places = 0;

describeConnector(connector, {
  runner: { describe, test },
  open: async () => {
    places++;
    const name = `conformance-${places}`;
    const place = memoryPlace(name);
    return {
      config: { place: name },
      secrets: {},
      put: async (path, bytes) => place.put(path, bytes),
      snapshot: async () => JSON.stringify([...place.files.keys()]),
      remove: async () => forgetPlace(name),
    };
  },
});
