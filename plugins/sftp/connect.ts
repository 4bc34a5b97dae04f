/** An SSH connection to a server that showed the pinned key, over algorithms that are approved, or so for a time. */
import { createHash } from 'node:crypto';
import ssh2 from 'ssh2';
import type { Client, NegotiatedAlgorithms } from 'ssh2';
import { ConnectorError } from '@waybill/connector-sdk';
import { allowedAt } from '@waybill/connector-sdk/older-algorithms';
import { algorithmsWith } from './algorithms.ts';
import type { Credentials } from './credentials.ts';
import { peerOf, pinsOf, type Settings } from './settings.ts';

/** Milliseconds, and how many signs of life may be missed. */
const PATIENCE = { readyTimeout: 20_000, keepaliveInterval: 15_000, keepaliveCountMax: 4 } as const;

export interface Connection {
  readonly client: Client;
  /** The fingerprint the server showed. */
  readonly hostKey: string;
  readonly negotiated: NegotiatedAlgorithms | undefined;
}

/** Fails with PEER_NOT_TRUSTED, AUTH_FAILED, UNSUPPORTED or UNAVAILABLE; it never asks a person anything. */
export function connect(
  config: Settings,
  credentials: Credentials,
  now: Date,
  signal: AbortSignal,
): Promise<Connection> {
  signal.throwIfAborted();
  const older = allowedAt(config.olderAlgorithms, now);
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    const pins = pinsOf(config);
    let shown: string | undefined;
    let negotiated: NegotiatedAlgorithms | undefined;
    const stop = (): void => fail(signal.reason);
    const fail = (error: unknown): void => {
      signal.removeEventListener('abort', stop);
      reject(error);
      client.destroy();
    };
    signal.addEventListener('abort', stop, { once: true });
    client.on('handshake', (algorithms) => {
      negotiated = algorithms;
    });
    client.on('keyboard-interactive', (_name, _instructions, _language, prompts, answer) => {
      // Only the plain "Password:" question is answered; anything else needs a person.
      const asksPassword = prompts.length === 1 && prompts[0]?.echo !== true && credentials.password !== undefined;
      answer(asksPassword ? [credentials.password ?? ''] : []);
    });
    client.on('error', (error) => fail(reasonFor(config, error, shown, { pins, older })));
    client.on('close', () => fail(unavailable(config, 'it closed the connection')));
    client.on('ready', () => {
      signal.removeEventListener('abort', stop);
      resolve({ client, hostKey: shown ?? '', negotiated });
    });
    client.connect({
      host: config.host,
      port: config.port,
      username: config.user,
      ...present(credentials),
      ...PATIENCE,
      tryKeyboard: credentials.password !== undefined,
      algorithms: algorithmsWith(older),
      hostVerifier: (key: Buffer) => {
        shown = fingerprintOf(key);
        return pins.includes(shown);
      },
    });
    client.setNoDelay(true);
  });
}

/** The way OpenSSH prints it. */
export function fingerprintOf(hostKey: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(hostKey).digest('base64').replace(/=+$/, '')}`;
}

function reasonFor(
  config: Settings,
  error: Error & { readonly level?: string; readonly code?: unknown },
  shown: string | undefined,
  { pins, older }: { readonly pins: readonly string[]; readonly older: readonly string[] },
): ConnectorError {
  if (shown !== undefined && !pins.includes(shown)) return notTrusted(config, shown, pins);
  switch (error.level) {
    case 'client-authentication':
      return new ConnectorError(
        'AUTH_FAILED',
        `${peerOf(config)} refuses user ${config.user} with these credentials; check the user and its key or password`,
      );
    case 'handshake':
      return new ConnectorError(
        'UNSUPPORTED',
        `${peerOf(config)} and Waybill share no approved algorithm, or the handshake was broken` +
          `${endOf(config, older)}; ` +
          'enable ECDSA or RSA host keys, ECDH over NIST curves and AES on the server',
      );
    default:
      return unavailable(config, typeof error.code === 'string' ? error.code : (error.level ?? 'no reason given'));
  }
}

/** What was agreed on, by its names. */
export function spokenOver({ negotiated }: Connection): readonly (string | undefined)[] {
  if (negotiated === undefined) return [];
  const { serverHostKey, kex, cs, sc } = negotiated;
  return [serverHostKey, kex, cs.cipher, cs.mac, sc.cipher, sc.mac];
}

function endOf({ olderAlgorithms }: Settings, older: readonly string[]): string {
  if (olderAlgorithms === undefined || older.length > 0) return '';
  return ` (older algorithms were allowed until ${olderAlgorithms.until})`;
}

function notTrusted(config: Settings, shown: string, pins: readonly string[]): ConnectorError {
  const remedy = `ask its administrator for the fingerprint over another channel; if it is this one, set hostKey to it`;
  const expected = pins.length === 0 ? 'no hostKey is pinned' : `the pinned key is ${pins.join(' or ')}`;
  return new ConnectorError('PEER_NOT_TRUSTED', `${peerOf(config)} shows ${shown} and ${expected}; ${remedy}`);
}

function unavailable(config: Settings, why: string): ConnectorError {
  return new ConnectorError('UNAVAILABLE', `${peerOf(config)} cannot be reached: ${why}`);
}

function present(credentials: Credentials): Record<string, string> {
  return Object.fromEntries(Object.entries(credentials).filter((entry) => entry[1] !== undefined));
}
