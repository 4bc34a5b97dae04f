/** Calls of MagicJson under a token that is renewed before it ends, for a user who was authenticated. */
import { type ConnectorContext, ConnectorError } from '@waybill/connector-sdk';
import { columnOf, parseAnswer, parseToken, type Row } from './answer.ts';
import { type Parameters, PARAMETERS } from './actions.ts';
import { offsetOf, readServerInfo, type ServerInfo, UNKNOWN_SERVER } from './server-info.ts';
import type { Settings } from './settings.ts';
import type { Purpose, Reply, Wire } from './wire.ts';

/** A token lives for twenty minutes. */
const RENEW_AFTER_MS = 15 * 60_000;
/** Tokens that were replaced and may still be under way in a call; retired when the session ends. */
const TOKENS_KEPT_MAX = 1_000;

export interface Call {
  readonly action: string;
  readonly patientId?: string;
  readonly parameters?: Parameters;
}

/** The server refused a write for its token: it did nothing, or so it says. */
export class TokenRefusedError extends ConnectorError {
  constructor(action: string) {
    super('AUTH_FAILED', `${action} was refused for its token`);
  }
}

/** The server refused a write for what it holds. */
export class CallRefusedError extends ConnectorError {
  constructor(action: string) {
    super('ITEM_REFUSED', `${action} is answered by an error`);
  }
}

interface Token {
  readonly value: string;
  readonly startedAtMs: number;
  readonly server: ServerInfo;
}

export class Session {
  readonly wire: Wire;
  readonly #settings: Settings;
  readonly #context: ConnectorContext;
  readonly #taken: string[] = [];
  #token: Promise<Token> | undefined;
  #startedAtMs = 0;

  constructor(wire: Wire, settings: Settings, context: ConnectorContext) {
    this.wire = wire;
    this.#settings = settings;
    this.#context = context;
  }

  /** What the server says of itself; the zone of its clocks was found to be the one of the settings. */
  async server(signal: AbortSignal): Promise<ServerInfo> {
    return (await this.#current(signal)).server;
  }

  /** The rows of an action that changes nothing. A refused token is replaced once. */
  async read(call: Call, signal: AbortSignal): Promise<readonly Row[]> {
    try {
      return await this.#call(call, await this.#current(signal), 'read', signal);
    } catch (error) {
      if (!(error instanceof TokenRefusedError)) throw error;
      return this.#call(call, await this.#current(signal), 'read', signal);
    }
  }

  /** The rows of an action that writes. It is sent once, whatever happens. */
  async write(call: Call, signal: AbortSignal): Promise<readonly Row[]> {
    return this.#call(call, await this.#current(signal), 'write', signal);
  }

  /** Retires every token that was taken; what fails in that is left to the server's own clock. */
  async close(): Promise<void> {
    const { appName } = this.#settings;
    const signal = new AbortController().signal;
    const retire = (Token: string) =>
      this.wire.post('RetireSecurityToken', { Token, Appname: appName }, 'read', signal).catch(() => {
        this.#context.log('unity-token-not-retired');
      });
    await Promise.all(this.#taken.splice(0).map(retire));
    this.wire.close();
  }

  async #call(call: Call, token: Token, purpose: Purpose, signal: AbortSignal): Promise<readonly Row[]> {
    const reply = await this.wire.post('MagicJson', this.#bodyOf(call, token.value), purpose, signal);
    const answer = parseAnswer(call.action, reply.text);
    if (answer.kind === 'error') {
      if (answer.about === 'other') throw new CallRefusedError(call.action);
      this.#drop(token);
      throw new TokenRefusedError(call.action);
    }
    requireStatus(reply, this.wire.base.origin, purpose);
    if (answer.kind === 'rows') return answer.rows;
    const code = purpose === 'write' ? 'OUTCOME_UNKNOWN' : 'STREAM_TRUNCATED';
    throw new ConnectorError(code, `${this.wire.base.origin}: the answer to ${call.action} is not one of Unity's`);
  }

  #bodyOf({ action, patientId = '', parameters = {} }: Call, Token: string): object {
    const named = Object.fromEntries(PARAMETERS.map((name) => [name, parameters[name] ?? '']));
    const { appName: Appname, ehrUser: AppUserID } = this.#settings;
    return { Action: action, AppUserID, Appname, PatientID: patientId, Token, ...named };
  }

  /** The token of now, the same for all who ask at once; a new one before the old one ends. */
  #current(signal: AbortSignal): Promise<Token> {
    const isOld = this.#context.now().getTime() - this.#startedAtMs >= RENEW_AFTER_MS;
    if (this.#token !== undefined && !isOld) return this.#token;
    this.#startedAtMs = this.#context.now().getTime();
    const opening = this.#open(this.#startedAtMs, signal);
    this.#token = opening;
    opening.catch(() => {
      if (this.#token === opening) this.#token = undefined;
    });
    return opening;
  }

  #drop(token: Token): void {
    if (token.startedAtMs === this.#startedAtMs) this.#token = undefined;
  }

  async #open(startedAtMs: number, signal: AbortSignal): Promise<Token> {
    const { appName, serviceUser, ehrUser, zone } = this.#settings;
    const asked = { Username: serviceUser, Password: this.#context.secret('servicePassword'), Appname: appName };
    const reply = await this.wire.post('GetToken', asked, 'read', signal);
    const value = parseToken(reply.text);
    if (value === undefined) {
      requireStatus(reply, this.wire.base.origin, 'read');
      throw new ConnectorError('AUTH_FAILED', 'Unity gives no token; check serviceUser and the secret servicePassword');
    }
    if (this.#taken.push(value) > TOKENS_KEPT_MAX) this.#taken.shift();
    const token = { value, startedAtMs, server: UNKNOWN_SERVER };
    await this.#authenticate(token, signal);
    const [row = {}] = await this.#call({ action: 'GetServerInfo' }, token, 'read', signal);
    const server = readServerInfo(row, this.#context.now());
    requireZone(server, zone);
    this.#context.log('unity-session-opened', { user: ehrUser, clockSkewSeconds: server.clockSkewSeconds ?? 0 });
    return { ...token, server };
  }

  /** Mandatory since 2020: without it every other action is refused. */
  async #authenticate(token: Token, signal: AbortSignal): Promise<void> {
    const failed = new ConnectorError(
      'AUTH_FAILED',
      'Unity does not know this user of the EHR; check ehrUser and the secret ehrPassword',
    );
    const parameters = { Parameter1: this.#context.secret('ehrPassword') };
    const rows = await this.#call({ action: 'GetUserAuthentication', parameters }, token, 'read', signal).catch(
      (error) => {
        throw error instanceof CallRefusedError || error instanceof TokenRefusedError ? failed : error;
      },
    );
    if (!/yes/i.test(columnOf(rows[0] ?? {}, 'ValidUser') ?? '')) throw failed;
  }
}

/** Held against the zone at the server's own moment, so that a clock that is wrong does not look like another zone. */
function requireZone({ offsetMinutes, time }: ServerInfo, zone: string): void {
  const expected = time === undefined ? undefined : offsetOf(zone, time);
  if (expected !== undefined && offsetMinutes === expected) return;
  const found = offsetMinutes === undefined ? 'nobody knows how they stand' : `they are ${offsetMinutes} minutes ahead`;
  const message = `the clocks of Unity are not those of ${zone}: ${found} of UTC and not ${expected ?? 'told'}`;
  throw new ConnectorError('CONFIG_INVALID', `${message}; times would be shifted, so correct zone here and in the map`);
}

function requireStatus({ status, retryAfterMs }: Reply, origin: string, purpose: Purpose): void {
  if (status >= 200 && status < 300) return;
  const said = `${origin} answers ${status}`;
  if (status === 401) throw new ConnectorError('AUTH_FAILED', said);
  if (status === 403) throw new ConnectorError('ACCESS_DENIED', said);
  if (status === 429) throw new ConnectorError('RATE_LIMITED', said, { retryAfterMs });
  if (status < 500 && status !== 408) throw new ConnectorError('UNSUPPORTED', `${said}; check baseUrl`);
  // A gateway gave up waiting: what stands behind it may have acted.
  throw new ConnectorError(purpose === 'write' ? 'OUTCOME_UNKNOWN' : 'UNAVAILABLE', said, { retryAfterMs });
}
