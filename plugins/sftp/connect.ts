/** An SSH connection to a server that showed the pinned key, over algorithms that are approved, or so for a time. */
import ssh2 from 'ssh2';
import type { AuthenticationType, Client, NegotiatedAlgorithms, Prompt } from 'ssh2';
import { ConnectorError } from '@waybill/connector-sdk';
import { allowedAt } from '@waybill/connector-sdk/older-algorithms';
import { algorithmsWith } from './algorithms.ts';
import { requireValid, type UserCertificate } from './certificate.ts';
import { loginWith } from './certified-login.ts';
import type { Credentials } from './credentials.ts';
import { fingerprintOf } from './fingerprint.ts';
import { peerOf, pinsOf, type Settings } from './settings.ts';

/** Milliseconds, and how many signs of life may be missed. */
const PATIENCE = { readyTimeout: 20_000, keepaliveInterval: 15_000, keepaliveCountMax: 4 } as const;

export interface Connection {
  readonly client: Client;
  /** The fingerprint the server showed. */
  readonly hostKey: string;
  readonly negotiated: NegotiatedAlgorithms | undefined;
  /** What it was shown. */
  readonly certificate: UserCertificate | undefined;
}

/** Fails with PEER_NOT_TRUSTED, AUTH_FAILED, UNSUPPORTED or UNAVAILABLE; it never asks a person anything. */
export function connect(
  config: Settings,
  credentials: Credentials,
  now: Date,
  signal: AbortSignal,
): Promise<Connection> {
  signal.throwIfAborted();
  const { certificate } = credentials;
  if (certificate !== undefined) requireValid(certificate, now);
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
      answer(answersTo(prompts, credentials));
    });
    client.on('error', (error) => fail(reasonFor(config, error, shown, { pins, older })));
    client.on('close', () => fail(unavailable(config, 'it closed the connection')));
    client.on('ready', () => {
      signal.removeEventListener('abort', stop);
      resolve({ client, hostKey: shown ?? '', negotiated, certificate });
    });
    client.connect({
      host: config.host,
      port: config.port,
      username: config.user,
      ...loginOf(config, credentials),
      ...PATIENCE,
      algorithms: algorithmsWith(older),
      hostVerifier: (key: Buffer) => {
        shown = fingerprintOf(key);
        return pins.includes(shown);
      },
    });
    client.setNoDelay(true);
    if (certificate !== undefined) loginWith(certificate, client);
  });
}

/** Ways in for which nothing is given are skipped. */
function loginOf({ user: username }: Settings, { certificate, ...plain }: Credentials) {
  const given = { ...present(plain), tryKeyboard: plain.password !== undefined };
  if (certificate === undefined) return given;
  const certified = { type: 'publickey', username, key: certificate.key } as const;
  // As ssh2 tries them by itself, but the key never alone. It takes both kinds in one list, which its types do not say.
  const authHandler = ['none', certified, 'password', 'keyboard-interactive'] as AuthenticationType[];
  return { ...given, authHandler };
}

/** Only the plain "Password:" question is answered; anything else needs a person. */
function answersTo(prompts: readonly Prompt[], { password }: Credentials): string[] {
  const [asked, ...others] = prompts;
  return asked !== undefined && others.length === 0 && asked.echo !== true && password !== undefined ? [password] : [];
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
        `${peerOf(config)} refuses user ${config.user} with these credentials; ` +
          'check the user and its key, certificate or password',
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
