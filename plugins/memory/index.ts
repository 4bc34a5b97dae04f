/** The reference connector: a place in memory that is read and written, and that fails on request. */
import { defineConnector } from '@waybill/connector-sdk';
import { z } from 'zod';
import { suffer } from './fault.ts';
import { memoryPlace } from './place.ts';
import { memorySource } from './source.ts';
import { memoryTarget } from './target.ts';

export { forgetPlace, memoryPlace, MemoryPlace, type StoredFile, type StoredRecord } from './place.ts';
export type { Effect, FaultyAct, PlantedFault } from './fault.ts';

const config = z.strictObject({ place: z.string().min(1).max(200).describe('The name of the place.') });

export default defineConnector<z.infer<typeof config>>({
  apiVersion: 1,
  id: 'memory',
  title: 'Memory of this process',
  version: '1.0.0',
  roles: ['source', 'target'],
  config,
  secrets: [],
  capabilities: {
    resumeRead: true,
    orderedListing: true,
    listing: true,
    charts: true,
    shapes: ['bytes', 'records'],
    remoteDigest: true,
    transport: 'memory',
    concurrencyMax: 16,
  },
  check: async ({ place }, _context, signal) => {
    await suffer(memoryPlace(place).faults.due('check', ''), '', signal);
    const { files, facts } = memoryPlace(place);
    return { items: String(files.size), ...Object.fromEntries(facts) };
  },
  openSource: async ({ place }, _context, signal) => {
    await suffer(memoryPlace(place).faults.due('open', ''), '', signal);
    return memorySource(memoryPlace(place));
  },
  openTarget: async ({ place }, _context, signal) => {
    await suffer(memoryPlace(place).faults.due('open', ''), '', signal);
    return memoryTarget(memoryPlace(place));
  },
});
