/**
 * Secrets in HashiCorp Vault or OpenBao: the KV secrets engine, version 2, over HTTPS. Where it is and who asks comes
 * from the variables that its own command line reads: `VAULT_ADDR`, `VAULT_TOKEN`, `VAULT_CACERT`, `VAULT_NAMESPACE`;
 * beside these `VAULT_TOKEN_FILE`, a file that an agent renews, read anew each time.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { Agent } from 'undici';
import { Fault, isFault } from '../../kernel/fault.ts';
import { authorityOf, TLS_POLICY, tlsFailure } from '../sdk/tls.ts';
import type { VaultReference } from './references.ts';

export type Environment = (name: string) => string | undefined;

const DEADLINE_MS = 10_000;
const ANSWER_MAX_BYTES = 1024 * 1024;
const TRIES_MAX = 3;
const PAUSE_FIRST_MS = 200;

/** The value of the field. Fails with CONFIG_INVALID; with UNAVAILABLE when the Vault does not answer or is sealed. */
export async function readVault(reference: VaultReference, environment: Environment): Promise<string> {
  const seat = await seatOf(reference, environment);
  const agent = new Agent({ connect: { ...TLS_POLICY, ...(seat.ca === undefined ? {} : { ca: seat.ca }) } });
  try {
    for (let tries = 1; ; tries++) {
      try {
        return await ask(agent, seat, reference);
      } catch (error) {
        if (!isFault(error) || error.retry !== 'transient' || tries >= TRIES_MAX) throw error;
        await setTimeout(PAUSE_FIRST_MS * 2 ** (tries - 1));
      }
    }
  } finally {
    await agent.destroy();
  }
}

interface Seat {
  readonly address: URL;
  readonly token: string;
  readonly namespace: string | undefined;
  readonly ca: string | undefined;
}

async function seatOf(reference: VaultReference, environment: Environment): Promise<Seat> {
  const address = URL.parse(environment('VAULT_ADDR') ?? '');
  if (address?.protocol !== 'https:') throw invalid(reference, 'VAULT_ADDR is not an https:// address; set it');
  const tokenFile = environment('VAULT_TOKEN_FILE');
  const token = tokenFile === undefined ? environment('VAULT_TOKEN') : await tokenIn(tokenFile, reference);
  if (token === undefined || !/^[\x21-\x7e]+$/.test(token)) {
    throw invalid(reference, 'neither VAULT_TOKEN_FILE nor VAULT_TOKEN gives a token');
  }
  const ca = await authorityOf(environment('VAULT_CACERT')).catch((error: Error) => {
    throw invalid(reference, `VAULT_CACERT: ${error.message}`);
  });
  return { address, token, namespace: environment('VAULT_NAMESPACE'), ca };
}

async function tokenIn(path: string, reference: VaultReference): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw invalid(reference, `VAULT_TOKEN_FILE: the file ${path} cannot be read (${error.code ?? error.name})`);
  });
  return text.trim();
}

async function ask(agent: Agent, seat: Seat, reference: VaultReference): Promise<string> {
  const { address, token, namespace } = seat;
  const base = address.pathname.replace(/\/$/, '');
  const signal = AbortSignal.timeout(DEADLINE_MS);
  try {
    const { statusCode, body } = await agent.request({
      origin: address.origin,
      path: `${base}/v1/${reference.mount}/data/${reference.path}`,
      method: 'GET',
      headers: { 'x-vault-token': token, ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }) },
      signal,
    });
    return fieldIn(statusCode, await textOf(body), seat, reference);
  } catch (error) {
    if (isFault(error)) throw error;
    const ofTls = tlsFailure(codeOf(error), address.origin);
    if (ofTls !== undefined) throw invalid(reference, ofTls.message);
    const why = signal.aborted ? 'does not answer in time' : `cannot be reached (${codeOf(error)})`;
    throw unavailable(reference, `${address.origin} ${why}`);
  }
}

function fieldIn(status: number, text: string, { address }: Seat, reference: VaultReference): string {
  if (status === 403)
    throw invalid(reference, `${address.origin} denies it; give the token's policy read on this path`);
  if (status === 404) throw invalid(reference, `${address.origin} holds nothing there, or its last version is deleted`);
  if (status !== 200) throw unavailable(reference, `${address.origin} answers ${status}`);
  const value = valueIn(text, reference.field);
  if (typeof value === 'string' && value !== '') return value;
  throw invalid(reference, `what ${address.origin} holds there has no text under ${reference.field}`);
}

function valueIn(text: string, field: string): unknown {
  try {
    const answer = JSON.parse(text) as { readonly data?: { readonly data?: Readonly<Record<string, unknown>> | null } };
    return Object.entries(answer.data?.data ?? {}).find(([name]) => name === field)?.[1];
  } catch {
    return undefined;
  }
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > ANSWER_MAX_BYTES) return '';
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown';
}

function nameOf({ mount, path, field }: VaultReference): string {
  return `vault:${mount}/${path}#${field}`;
}

function invalid(reference: VaultReference, why: string): Fault {
  const message = `${nameOf(reference)}: ${why}`;
  return new Fault({ code: 'CONFIG_INVALID', retry: 'permanent', message, subject: nameOf(reference) });
}

function unavailable(reference: VaultReference, why: string): Fault {
  const message = `${nameOf(reference)}: ${why}`;
  return new Fault({ code: 'UNAVAILABLE', retry: 'transient', message, subject: nameOf(reference) });
}
