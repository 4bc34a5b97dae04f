import { settings as sftpSettings } from '@waybill/connector-sftp/files';
import { z } from 'zod';
import { finishedSetting } from './finished.ts';
import { acknowledgementsSetting } from './sent.ts';

const { host, port, user, hostKey, olderAlgorithms, connections } = sftpSettings.shape;
const OF_A_SERVER = ['user', 'hostKey', 'olderAlgorithms'] as const;

export const settings = z
  .strictObject({
    folder: z
      .string()
      .regex(/^\/[^\0]*$/, 'must be an absolute path')
      .describe('The drop folder on this machine, or on the SFTP server; nothing outside it is ever touched.'),
    host: host.optional().describe('Name or address of the SFTP server whose folder it is.'),
    port,
    user: user.optional(),
    hostKey,
    olderAlgorithms,
    connections,
    finished: finishedSetting.describe('When a file is whole.'),
    batches: z
      .enum(['whole', 'messages'])
      .default('whole')
      .describe('Of a source: whether a file of several messages is one item, or its messages and envelopes are.'),
    acknowledgements: acknowledgementsSetting.describe(
      'Of a target: the folder its receiver writes acknowledgements into, and how long each message waits for its own.',
    ),
  })
  .superRefine((config, { addIssue }) => {
    const issue = (name: string, message: string): void => addIssue({ code: 'custom', path: [name], message });
    if (config.host !== undefined && config.user === undefined) issue('user', 'must be given beside host');
    if (config.host !== undefined) return;
    for (const name of OF_A_SERVER) if (config[name] !== undefined) issue('host', `must be given beside ${name}`);
  });

export type Settings = z.infer<typeof settings>;

/** The server, as the SFTP connector is told of one. */
export type Remote = z.infer<typeof sftpSettings>;

/** Undefined where the folder is of this machine. */
export function remoteOf({
  folder,
  host,
  port,
  user,
  hostKey,
  olderAlgorithms,
  connections,
}: Settings): Remote | undefined {
  if (host === undefined || user === undefined) return undefined;
  return { host, port, user, root: folder, hostKey, olderAlgorithms, connections };
}
