import { z } from 'zod';
import { OLDER_ALGORITHMS } from './algorithms.ts';

const FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}=?$/;
const fingerprint = z
  .string()
  .regex(FINGERPRINT, 'must look like "SHA256:" and 43 characters, as ssh-keygen -lf prints');

export const settings = z.strictObject({
  host: z.string().min(1).max(255).describe('Name or address of the SFTP server.'),
  port: z.int().min(1).max(65_535).default(22),
  user: z.string().min(1).max(255),
  root: z
    .string()
    .regex(/^\/[^\0]*$/, 'must be an absolute path on the server')
    .describe('The folder that is read or written; nothing outside it is ever touched.'),
  hostKey: z
    .union([fingerprint, z.array(fingerprint).min(1).max(8)])
    .optional()
    .describe('The fingerprint, or fingerprints, the server must show. Without it nothing is trusted.'),
  olderAlgorithms: z
    .strictObject({
      allowed: z.array(z.enum(OLDER_ALGORITHMS)).min(1).max(OLDER_ALGORITHMS.length),
      until: z.iso.datetime({ offset: true, error: 'must be an instant with its offset' }),
    })
    .optional()
    .describe('What a server without an approved algorithm may speak, and until when. The policy has to accept it.'),
  connections: z.int().min(1).max(4).default(2).describe('How many SSH connections may be open at once.'),
});

export type Settings = z.infer<typeof settings>;

/** The pinned fingerprints without padding, as OpenSSH prints them. */
export function pinsOf(config: Settings): readonly string[] {
  const pins = config.hostKey === undefined ? [] : [config.hostKey].flat();
  return pins.map((pin) => pin.replace(/=$/, ''));
}

export function peerOf(config: Settings): string {
  return `${config.host}:${config.port}`;
}
