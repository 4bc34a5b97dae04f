/** Drop folders for the conformance kit. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderPlace, type Harness } from '@waybill/connector-sdk/conformance';

export const harness: Harness = {
  package: join(import.meta.dirname, '..'),
  open: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'drop-'));
    return {
      config: { folder },
      secrets: {},
      ...folderPlace(folder),
      remove: () => rm(folder, { recursive: true }),
    };
  },
};
