/** A tunnel through an HTTP proxy (RFC 9110, 9.3.6 CONNECT). */
import { type ClientRequest, request as askPlainly } from 'node:http';
import { request as askSecurely } from 'node:https';
import type { Socket } from 'node:net';
import { ConnectorError, type ConnectorContext } from '@waybill/connector-sdk';
import { optionalSecret, TLS_POLICY, tlsFailure } from '@waybill/connector-sdk/tls';
import type { Connection } from './settings.ts';

type Where = { readonly hostname: string; readonly port: string };
type Opened = (error: Error | null, socket?: Socket) => void;

export interface Proxy {
  /** Calls back once, with a connection through which the other end is reached, or with why there is none. */
  tunnel(where: Where, deadlineMs: number, opened: Opened): { destroy(): unknown };
}

/** Fails with CONFIG_INVALID when there is a user and no password. */
export function proxyOf({ proxy }: Connection, context: ConnectorContext, ca: string | undefined): Proxy | undefined {
  if (proxy === undefined) return undefined;
  const address = new URL(proxy.url);
  const password = optionalSecret(context, 'proxyPassword');
  if (proxy.user !== undefined && password === undefined) {
    throw new ConnectorError('CONFIG_INVALID', 'proxy.user needs the secret proxyPassword; name it in the plan');
  }
  const pair = Buffer.from(`${proxy.user}:${password}`).toString('base64');
  const proof = proxy.user === undefined ? {} : { 'proxy-authorization': `Basic ${pair}` };
  return {
    tunnel: (where, deadlineMs, opened) => tunnel({ address, proof, ca }, where, deadlineMs, opened),
  };
}

interface Way {
  readonly address: URL;
  readonly proof: Readonly<Record<string, string>>;
  readonly ca: string | undefined;
}

function tunnel({ address, proof, ca }: Way, where: Where, deadlineMs: number, opened: Opened): ClientRequest {
  const isSecure = address.protocol === 'https:';
  const authority = `${where.hostname}:${where.port === '' ? 443 : where.port}`;
  const asking = (isSecure ? askSecurely : askPlainly)({
    host: address.hostname.replace(/^\[|\]$/g, ''),
    port: address.port === '' ? (isSecure ? 443 : 80) : Number(address.port),
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...proof },
    agent: false,
    ...(isSecure ? { ...TLS_POLICY, ...(ca === undefined ? {} : { ca }) } : {}),
  });
  const timer = setTimeout(() => asking.destroy(late(address)), deadlineMs);
  const end = (error: Error | null, socket?: Socket): void => {
    clearTimeout(timer);
    opened(error, socket);
  };
  asking.once('connect', ({ statusCode = 0 }, socket: Socket, head: Buffer) => {
    const refusal = refusalOf(address, statusCode, head);
    if (refusal !== undefined) socket.destroy();
    end(refusal ?? null, refusal === undefined ? socket : undefined);
  });
  asking.once('error', (error) => end(unreachable(address, error)));
  asking.end();
  return asking;
}

function refusalOf({ origin }: URL, status: number, head: Buffer): ConnectorError | undefined {
  if (status === 407) {
    return new ConnectorError(
      'AUTH_FAILED',
      `the proxy ${origin} asks who we are (407); check proxy.user and its password`,
    );
  }
  if (status === 403) return new ConnectorError('ACCESS_DENIED', `the proxy ${origin} does not let us through (403)`);
  if (status < 200 || status > 299) return new ConnectorError('UNAVAILABLE', `the proxy ${origin} answers ${status}`);
  // Whoever speaks before we do is not the service.
  if (head.byteLength > 0) return new ConnectorError('UNSUPPORTED', `the proxy ${origin} speaks out of turn`);
  return undefined;
}

function late({ origin }: URL): ConnectorError {
  return new ConnectorError('UNAVAILABLE', `the proxy ${origin} opens no tunnel in time`);
}

function unreachable({ origin }: URL, error: Error): Error {
  const code = (error as NodeJS.ErrnoException).code;
  if (error instanceof ConnectorError || code === undefined) return error;
  return (
    tlsFailure(code, origin) ?? new ConnectorError('UNAVAILABLE', `the proxy ${origin} cannot be reached (${code})`)
  );
}
