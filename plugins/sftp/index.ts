/** Moves files over SFTP: the SSH File Transfer Protocol, version 3. */
import { defineConnector } from '@waybill/connector-sdk';
import { SECRETS } from './credentials.ts';
import { facts } from './facts.ts';
import { Root } from './root.ts';
import { settings, type Settings } from './settings.ts';
import { sftpSource } from './source.ts';
import { sftpTarget } from './target.ts';

export default defineConnector<Settings>({
  apiVersion: 1,
  id: 'sftp',
  title: 'SFTP server',
  version: '1.0.0',
  roles: ['source', 'target'],
  config: settings,
  secrets: SECRETS,
  capabilities: {
    resumeRead: true,
    listing: true,
    shapes: ['bytes'],
    remoteDigest: false,
    transport: 'ssh',
    concurrencyMax: 16,
  },
  check: async (config, context, signal) => {
    const root = await Root.open(config, context, signal);
    try {
      return await facts(config, await root.session(signal));
    } finally {
      await root.links.close();
    }
  },
  openSource: async (config, context, signal) => sftpSource(await Root.open(config, context, signal)),
  openTarget: async (config, context, signal) => sftpTarget(await Root.open(config, context, signal)),
});
