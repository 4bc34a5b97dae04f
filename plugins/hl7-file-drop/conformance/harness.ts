/** Drop folders for the conformance kit. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderPlace, type Harness } from '@waybill/connector-sdk/conformance';

const NETWORK = [
  'cut',
  'cut-upload',
  'lost-commit',
  'silence',
  'slow',
  'stored-short',
  'unreachable',
  'wrong-host-key',
] as const;

export const harness: Harness = {
  package: join(import.meta.dirname, '..'),
  cannot: {
    secrets: 'a folder of this machine needs none',
    ...Object.fromEntries(NETWORK.map((kind) => [kind, 'a folder of this machine is reached over no network'])),
  },
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
