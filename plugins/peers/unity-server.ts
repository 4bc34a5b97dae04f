/** An emulator of Allscripts Unity on loopback over TLS, hostile on command. Built from public client code only. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gather } from './body.ts';
import type { Clock, SandboxCertificates } from './certificates.ts';
import { magic, type MagicCall, MagicError } from './unity-actions.ts';
import { type UnityHarm, UnityStore } from './unity-store.ts';

/** What the server does to the next call of an action: to the call and its answer, or to what it stores. */
export type UnityFault =
  /** Does the work, then never answers. */
  | { readonly kind: 'silent'; readonly commits: boolean }
  /** Does the work or not, then cuts the connection after so many bytes of the answer. */
  | { readonly kind: 'drop'; readonly commits: boolean; readonly afterBytes: number }
  /** An error in a body of status 200, with or without having done the work. */
  | { readonly kind: 'error'; readonly commits: boolean; readonly text: string }
  /** Another status, with a page a proxy might show. */
  | {
      readonly kind: 'status';
      readonly commits: boolean;
      readonly status: number;
      readonly retryAfterSeconds?: number;
    }
  /** Nothing: the one after it is meant. */
  | { readonly kind: 'pass' }
  /** Every token given out so far is worth nothing any more. */
  | { readonly kind: 'expire' }
  /** Waits with the work and the answer until `release`. */
  | { readonly kind: 'hold' }
  | UnityHarm;

export interface UnityServerOptions {
  readonly certificates: SandboxCertificates;
  readonly clock: Clock;
  /** The service licence, and a user of the EHR. */
  readonly service: { readonly username: string; readonly password: string };
  readonly ehr: { readonly user: string; readonly password: string };
  /** IANA name of the zone whose clocks it shows. */
  readonly zone: string;
  /** Told of every call before it is done; what it changes in the store is there then. */
  readonly onCall?: ((action: string, store: UnityStore) => void) | undefined;
  /** A loopback address; 127.0.0.1 unless told. */
  readonly host?: string | undefined;
}

export interface UnityServer {
  /** What a plan's `baseUrl` names, for example `https://127.0.0.1:40123/Unity`. */
  readonly baseUrl: string;
  readonly store: UnityStore;
  /** The actions called, in order; `GetToken` and `RetireSecurityToken` among them. */
  readonly calls: string[];
  readonly liveTokens: () => number;
  /** Does this to the next call of the action; more of them wait in line. */
  plan(action: string, fault: UnityFault): void;
  /** Lets every held call go on. */
  release(): void;
  /** Moves the zone its clocks show. */
  move(zone: string): void;
  /** Nobody is let in any more, until they are again. */
  lock(isLocked: boolean): void;
  close(): Promise<void>;
}

const BODY_BYTES_MAX = 128 * 1024 * 1024;
const TOKEN_LIFETIME_MS = 20 * 60_000;
const SERVICE = '/Unity/UnityService.svc/json/';

interface Room {
  readonly options: UnityServerOptions;
  readonly store: UnityStore;
  readonly calls: string[];
  /** Token to when it ends and whether its user was authenticated. */
  readonly tokens: Map<string, { readonly endsAtMs: number; authenticated: boolean }>;
  readonly faults: Map<string, UnityFault[]>;
  readonly held: (() => void)[];
  /** Uploads of images that were begun: what has come so far, by `documentVar`. */
  readonly uploads: Map<string, Buffer[]>;
  zone: string;
  isLocked: boolean;
}

/** Starts the emulator on a port of the system's choice on 127.0.0.1. */
export async function startUnityServer(options: UnityServerOptions): Promise<UnityServer> {
  const room: Room = {
    ...{ options, store: new UnityStore(), calls: [], tokens: new Map(), faults: new Map() },
    ...{ held: [], uploads: new Map(), zone: options.zone, isLocked: false },
  };
  const { host = '127.0.0.1' } = options;
  const { certificate: cert, privateKey: key } = options.certificates;
  const server = createServer({ cert, key, minVersion: 'TLSv1.2' }, (request, response) => {
    answer(request, response, room).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  const release = (): void => {
    for (const go of room.held.splice(0)) go();
  };
  return {
    baseUrl: `https://${host}:${port}/Unity`,
    store: room.store,
    calls: room.calls,
    liveTokens: () => room.tokens.size,
    plan: (action, fault) => void room.faults.set(action, [...(room.faults.get(action) ?? []), fault]),
    release,
    move: (zone) => {
      room.zone = zone;
    },
    lock: (isLocked) => {
      room.isLocked = isLocked;
      if (isLocked) room.tokens.clear();
    },
    close: () =>
      new Promise((resolve) => {
        release();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, room: Room): Promise<void> {
  const endpoint = request.url?.startsWith(SERVICE) === true ? request.url.slice(SERVICE.length) : '';
  const body = JSON.parse((await gather(request, BODY_BYTES_MAX)).toString('utf8')) as Readonly<Record<string, string>>;
  switch (endpoint) {
    case 'GetToken':
      return send(response, getToken(body, room));
    case 'RetireSecurityToken':
      note(endpoint, room);
      room.tokens.delete(body['Token'] ?? '');
      return send(response, '');
    case 'MagicJson':
      return magicJson(response, body, room);
    default:
      response.writeHead(404).end();
  }
}

function note(action: string, { calls, store, options }: Room): void {
  calls.push(action);
  options.onCall?.(action, store);
}

function getToken({ Username, Password }: Readonly<Record<string, string>>, room: Room): string {
  note('GetToken', room);
  const { service, clock } = room.options;
  if (room.isLocked || Username !== service.username || Password !== service.password)
    return 'error: Username or password is invalid.';
  const token = randomUUID();
  room.tokens.set(token, { endsAtMs: clock.now().getTime() + TOKEN_LIFETIME_MS, authenticated: false });
  return token;
}

async function magicJson(response: ServerResponse, body: Readonly<Record<string, string>>, room: Room): Promise<void> {
  const action = body['Action'] ?? '';
  note(action, room);
  const fault = room.faults.get(action)?.shift();
  if (fault?.kind === 'expire') room.tokens.clear();
  if (fault?.kind === 'hold') await new Promise<void>((go) => room.held.push(go));
  const commits = fault === undefined || !('commits' in fault) || fault.commits;
  const harm = fault !== undefined && ['truncate', 'replace', 'twice'].includes(fault.kind) ? fault : undefined;
  const text = commits ? resultOf(body, room, harm as UnityHarm | undefined) : '[]';
  switch (fault?.kind) {
    case 'silent':
      return;
    case 'drop':
      if (fault.afterBytes === 0) return void response.destroy();
      response.writeHead(200, { 'content-length': Buffer.byteLength(text) });
      return void response.write(text.slice(0, fault.afterBytes), () => response.destroy());
    case 'error':
      return send(response, JSON.stringify([{ Error: fault.text }]));
    case 'status':
      response
        .writeHead(fault.status, { 'content-type': 'text/html', ...retryAfter(fault) })
        .end('<html>the gateway gave up</html>');
      return;
    default:
      return send(response, text);
  }
}

function resultOf(body: Readonly<Record<string, string>>, room: Room, harm: UnityHarm | undefined): string {
  const { clock, ehr } = room.options;
  const action = body['Action'] ?? '';
  const token = room.tokens.get(body['Token'] ?? '');
  const failed = (text: string): string => JSON.stringify([{ Error: text }]);
  if (token === undefined || token.endsAtMs <= clock.now().getTime()) {
    return failed('error: The security token is invalid or has expired.');
  }
  const rows = (found: readonly object[]): string => JSON.stringify([{ [`${action.toLowerCase()}info`]: found }]);
  if (action === 'GetUserAuthentication') {
    token.authenticated = body['AppUserID'] === ehr.user && body['Parameter1'] === ehr.password;
    return rows([{ ValidUser: token.authenticated ? 'YES' : 'NO' }]);
  }
  if (!token.authenticated) return failed('error: User has not been authenticated.');
  if (action === 'GetServerInfo') return rows([serverInfo(room)]);
  const call: MagicCall = { action, body, store: room.store, uploads: room.uploads, harm };
  try {
    return rows(magic(call));
  } catch (error) {
    if (error instanceof MagicError) return failed(error.message);
    throw error;
  }
}

function retryAfter({ retryAfterSeconds }: { readonly retryAfterSeconds?: number }): Record<string, string> {
  return retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
}

function serverInfo({ options, zone }: Room): Readonly<Record<string, string>> {
  const now = options.clock.now();
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
  const local = format.format(now).replace(' ', 'T');
  const named = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' }).format(now);
  const offset = /GMT([+-]\d\d:\d\d)/.exec(named)?.[1] ?? '+00:00';
  return {
    ServerTimeZone: zone,
    ServerTime: local,
    ServerDateTimeOffset: `${local}.0000000${offset}`,
    System: 'Enterprise EHR',
    ProductVersion: '11.2.3.32.000',
    uaibornondate: '10/07/2013',
  };
}

function send(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text);
}
