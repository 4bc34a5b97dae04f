import { CA_SETTING, OLDER_SUITES } from '@waybill/connector-sdk/tls';
import { z } from 'zod';
import { ACKNOWLEDGE_SECONDS, ACKNOWLEDGE_SECONDS_MAX, QUIET_SECONDS_MAX } from './limits.ts';

const FINGERPRINT = /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/;

export const settings = z.strictObject({
  host: z.string().min(1).max(253).describe('Where the receiver listens; of a source, where it listens itself.'),
  port: z.int().min(1).max(65_535),
  tls: z
    .enum(['required', 'none'])
    .default('required')
    .describe('none: messages go in the clear; only inside a network that is protected otherwise.'),
  ca: z
    .string()
    .regex(CA_SETTING, 'must be an absolute path to a PEM file, or PEM text')
    .optional()
    .describe('The authority that vouches for the other side: for a receiver, or for the senders that are let in.'),
  pin: z
    .string()
    .regex(FINGERPRINT, 'must be a SHA-256 fingerprint: 32 pairs of hex digits with colons')
    .optional()
    .describe('The certificate of the other side must have this fingerprint as well.'),
  olderAlgorithms: z
    .strictObject({
      allowed: z.array(z.enum(OLDER_SUITES)).min(1).max(OLDER_SUITES.length),
      until: z.iso.datetime({ offset: true, error: 'must be an instant with its offset' }),
    })
    .optional()
    .describe('Suites that the other side may use, and until when. The policy has to accept it.'),
  folder: z
    .string()
    .regex(/^\/[^\0]*$/, 'must be an absolute path')
    .optional()
    .describe('Of a source: where what is sent to it is kept, on this machine.'),
  quietSeconds: z
    .int()
    .min(0)
    .max(QUIET_SECONDS_MAX)
    .default(0)
    .describe('Of a source: it lists when nothing was sent to it for so long.'),
  acknowledgeSeconds: z
    .int()
    .min(1)
    .max(ACKNOWLEDGE_SECONDS_MAX)
    .default(ACKNOWLEDGE_SECONDS)
    .describe('How long each message may wait for its acknowledgements.'),
  applicationAcks: z
    .enum(['same-connection', 'elsewhere'])
    .default('same-connection')
    .describe('elsewhere: application acknowledgements of enhanced mode come by another way and are not awaited.'),
  inDoubt: z
    .enum(['set-aside', 'send-again'])
    .default('set-aside')
    .describe(
      'send-again: the receiver is known to drop a message whose control id it has, and acknowledges it again.',
    ),
});

export type Settings = z.infer<typeof settings>;
