/** Moves HL7 messages and other files through a folder that another program drops into or sweeps, here or on SFTP. */
import { defineConnector } from '@waybill/connector-sdk';
import { SECRETS } from '@waybill/connector-sftp/files';
import { AckFolder } from './acknowledgements.ts';
import { LISTING_MAX_MS, sweepFinished } from './finished.ts';
import { openDrop } from './open.ts';
import { Pieces } from './pieces.ts';
import { Sent } from './sent.ts';
import { settings, type Settings } from './settings.ts';
import { dropTarget } from './target.ts';

export default defineConnector<Settings>({
  apiVersion: 1,
  id: 'hl7-file-drop',
  title: 'HL7 drop folder',
  version: '1.2.0',
  roles: ['source', 'target'],
  config: settings,
  secrets: SECRETS,
  capabilities: {
    resumeRead: true,
    preparationMaxMs: LISTING_MAX_MS,
    listing: true,
    shapes: ['bytes'],
    remoteDigest: true,
    transport: 'ssh',
    concurrencyMax: 8,
  },
  check: async (config, context, signal) => {
    const drop = await openDrop(config, context, signal);
    try {
      return await drop.facts(signal);
    } finally {
      await drop.close();
    }
  },
  openSource: async (config, context, signal) => {
    const { folder, close } = await openDrop(config, context, signal);
    const swept = (until: AbortSignal) => sweepFinished(folder, config.finished, context, until);
    if (config.batches === 'messages') {
      const pieces = new Pieces(folder, context);
      return {
        list: (until) => pieces.itemsOf(swept(until), until),
        read: (path, offsetBytes, until) => pieces.read(path, offsetBytes, until),
        close,
      };
    }
    return {
      async *list(until) {
        for await (const { version: _, ...item } of swept(until)) yield item;
      },
      read: (path, offsetBytes, until) => folder.read(path, offsetBytes, until),
      close,
    };
  },
  openTarget: async (config, context, signal) => {
    const drop = await openDrop(config, context, signal);
    const { acknowledgements } = config;
    if (acknowledgements === undefined || drop.answers === undefined)
      return dropTarget(drop, config.finished, undefined);
    const sent = new Sent(drop.folder, new AckFolder(drop.answers, context), acknowledgements.seconds, context);
    return dropTarget(drop, config.finished, sent);
  },
});
