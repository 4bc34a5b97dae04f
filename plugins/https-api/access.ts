/**
 * The access token of a service: given as a secret, or asked for at its token endpoint and renewed before it ends
 * (OAuth 2.0, RFC 6749 section 4.4; with a signed assertion, RFC 7523 and SMART Backend Services).
 */
import { randomUUID } from 'node:crypto';
import { importPKCS8, SignJWT } from 'jose';
import { ConnectorError, type ConnectorContext } from '@waybill/connector-sdk';
import { optionalSecret } from '@waybill/connector-sdk/tls';
import type { Auth, Connection } from './settings.ts';

/** Sends a form to the token endpoint; resolves to status and text, whatever the status. */
export type PostForm = (
  address: URL,
  form: URLSearchParams,
  headers: Readonly<Record<string, string>>,
) => Promise<{ readonly status: number; readonly text: string; readonly retryAfterMs?: number | undefined }>;

export interface Access {
  /** The value of the header `authorization`; undefined where the service needs none. Fails with AUTH_FAILED. */
  authorization(): Promise<string | undefined>;
  /** Forgets what the service refused. False when asking again would give the same. */
  forget(authorization: string | undefined): boolean;
}

/** Renewed so long before its end that a request on its way does not outlive it. */
const RENEWED_EARLY_MS = 60_000;
/** SMART Backend Services: a service that does not say should not let a token live longer. */
const LIFETIME_DEFAULT_S = 300;
const LIFETIME_MAX_S = 86_400;
/** SMART Backend Services: at most five minutes. */
const ASSERTION_LIFETIME_S = 240;
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const TOKEN_LENGTH_MAX_CHARS = 16_384;

/** Fails with CONFIG_INVALID when a secret that `auth` needs is not named. */
export function accessOf({ auth }: Connection, context: ConnectorContext, post: PostForm): Access {
  if (auth !== undefined) return new ObtainedAccess(auth, context, post);
  const token = optionalSecret(context, 'token');
  return { authorization: async () => (token === undefined ? undefined : `Bearer ${token}`), forget: () => false };
}

interface Token {
  readonly authorization: string;
  /** Milliseconds since 1970 after which it is not used any more. */
  readonly renewAt: number;
}

class ObtainedAccess implements Access {
  readonly #auth: Auth;
  readonly #context: ConnectorContext;
  readonly #post: PostForm;
  readonly #address: URL;
  readonly #secret: string;
  #token: Token | undefined;
  /** Requests that need a token at once wait for one answer. */
  #asking: Promise<Token> | undefined;

  constructor(auth: Auth, context: ConnectorContext, post: PostForm) {
    this.#auth = auth;
    this.#context = context;
    this.#post = post;
    this.#address = new URL(auth.tokenUrl);
    this.#secret = context.secret(auth.type === 'smart-backend' ? 'privateKey' : 'clientSecret').trim();
  }

  async authorization(): Promise<string> {
    if (this.#token !== undefined && this.#context.now().getTime() < this.#token.renewAt) {
      return this.#token.authorization;
    }
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    this.#token = await this.#asking;
    return this.#token.authorization;
  }

  forget(authorization: string | undefined): boolean {
    if (this.#token?.authorization === authorization) this.#token = undefined;
    return true;
  }

  async #ask(): Promise<Token> {
    const { scope } = this.#auth;
    const form = new URLSearchParams({ grant_type: 'client_credentials', ...(scope === undefined ? {} : { scope }) });
    const askedAt = this.#context.now().getTime();
    const { status, text, retryAfterMs } = await this.#post(this.#address, form, await this.#proveTo(form));
    const { origin } = this.#address;
    if (status === 429) throw new ConnectorError('RATE_LIMITED', `${origin} gives no token (429)`, { retryAfterMs });
    if (status >= 500)
      throw new ConnectorError('UNAVAILABLE', `${origin} gives no token (${status})`, { retryAfterMs });
    const answer = parsed(text);
    if (status !== 200) throw refusedBy(origin, status, answer);
    return tokenIn(answer, origin, askedAt);
  }

  /** Who asks: a secret by HTTP Basic (RFC 6749, 2.3.1), or an assertion signed for this one request. */
  async #proveTo(form: URLSearchParams): Promise<Record<string, string>> {
    const { clientId } = this.#auth;
    if (this.#auth.type === 'client-credentials') {
      const pair = `${formEncoded(clientId)}:${formEncoded(this.#secret)}`;
      return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
    }
    form.set('client_assertion_type', ASSERTION_TYPE);
    form.set('client_assertion', await this.#assertion());
    return {};
  }

  async #assertion(): Promise<string> {
    const { algorithm, clientId, keyId, tokenUrl } = this.#auth as Extract<Auth, { type: 'smart-backend' }>;
    const key = await importPKCS8(this.#secret, algorithm).catch(() => {
      const message = `privateKey is no PKCS #8 key in PEM for ${algorithm}`;
      throw new ConnectorError('CONFIG_INVALID', `${message}; convert it with openssl pkcs8 -topk8`);
    });
    const now = Math.floor(this.#context.now().getTime() / 1000);
    return new SignJWT({})
      .setProtectedHeader({ alg: algorithm, kid: keyId, typ: 'JWT' })
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(tokenUrl)
      .setIssuedAt(now)
      .setExpirationTime(now + ASSERTION_LIFETIME_S)
      .setJti(randomUUID())
      .sign(key);
  }
}

function tokenIn(answer: Readonly<Record<string, unknown>>, origin: string, askedAt: number): Token {
  const { access_token: token, token_type: type, expires_in: lifetime } = answer;
  const isUsable =
    typeof token === 'string' && token.length <= TOKEN_LENGTH_MAX_CHARS && /^[A-Za-z0-9\-._~+/]+=*$/.test(token);
  if (!isUsable || typeof type !== 'string' || type.toLowerCase() !== 'bearer') {
    throw new ConnectorError('UNSUPPORTED', `${origin} answers with no bearer token (RFC 6749, 5.1)`);
  }
  const seconds = Number(lifetime ?? LIFETIME_DEFAULT_S);
  const livesMs = 1000 * (seconds > 0 ? Math.min(seconds, LIFETIME_MAX_S) : LIFETIME_DEFAULT_S);
  return { authorization: `Bearer ${token}`, renewAt: askedAt + livesMs - Math.min(RENEWED_EARLY_MS, livesMs / 2) };
}

/** The codes of RFC 6749, 5.2 are a closed set; `error_description` is free text and is not repeated. */
function refusedBy(origin: string, status: number, { error }: Readonly<Record<string, unknown>>): ConnectorError {
  const code = typeof error === 'string' && /^[a-z_]{1,40}$/.test(error) ? `, ${error}` : '';
  const message = `${origin} gives no token (${status}${code})`;
  return new ConnectorError(
    'AUTH_FAILED',
    `${message}; check clientId, scope and the secret, and that it has not ended`,
  );
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const answer: unknown = JSON.parse(text);
    return typeof answer === 'object' && answer !== null ? (answer as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** application/x-www-form-urlencoded, as RFC 6749 asks for before Basic. */
function formEncoded(text: string): string {
  return new URLSearchParams({ text }).toString().slice('text='.length);
}
