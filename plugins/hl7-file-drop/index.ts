/** Moves HL7 messages and any other files through a local folder that another program drops into or sweeps. */
import { constants } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import { defineConnector } from '@waybill/connector-sdk';
import { z } from 'zod';
import { AckFolder } from './acknowledgements.ts';
import { finishedSetting, sweepFinished } from './finished.ts';
import { DropFolder } from './folder.ts';
import { readFile } from './read.ts';
import { acknowledgementsSetting, Sent } from './sent.ts';
import { dropTarget } from './target.ts';

const settings = z.strictObject({
  folder: z
    .string()
    .regex(/^\/[^\0]*$/, 'must be an absolute path')
    .describe('The drop folder on this machine; nothing outside it is ever touched.'),
  finished: finishedSetting.describe('When a file is whole.'),
  acknowledgements: acknowledgementsSetting.describe(
    'Of a target: the folder its receiver writes acknowledgements into, and how long each message waits for its own.',
  ),
});

export default defineConnector<z.infer<typeof settings>>({
  apiVersion: 1,
  id: 'hl7-file-drop',
  title: 'HL7 drop folder',
  version: '1.0.0',
  roles: ['source', 'target'],
  config: settings,
  secrets: [],
  capabilities: {
    resumeRead: true,
    listing: true,
    shapes: ['bytes'],
    remoteDigest: true,
    concurrencyMax: 8,
  },
  check: async ({ folder, acknowledgements }, context) => {
    const drop = await DropFolder.open(folder, context);
    if (acknowledgements !== undefined) await AckFolder.open(acknowledgements.folder, drop.root, context);
    const { bavail, bsize } = await statfs(drop.root);
    const writable = await access(drop.root, constants.W_OK).then(
      () => 'yes',
      () => 'no',
    );
    return { folder: drop.root, writable, freeBytes: String(bavail * bsize) };
  },
  openSource: async ({ folder, finished }, context) => {
    const drop = await DropFolder.open(folder, context);
    return {
      list: (signal) => sweepFinished(drop, finished, signal),
      read: (path, offsetBytes, signal) => readFile(drop, path, offsetBytes, signal),
      close: async () => {},
    };
  },
  openTarget: async ({ folder, finished, acknowledgements }, context) => {
    const drop = await DropFolder.open(folder, context);
    if (acknowledgements === undefined) return dropTarget(drop, finished, undefined);
    const acks = await AckFolder.open(acknowledgements.folder, drop.root, context);
    return dropTarget(drop, finished, new Sent(drop, acks, acknowledgements.seconds));
  },
});
