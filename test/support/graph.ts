/** The graph as a portal sees it: requests and sockets with a bearer token, and nothing of ours behind them. */
import { type Client, createClient, type ExecutionResult } from 'graphql-ws';
import { setTimeout as pause } from 'node:timers/promises';
import WebSocket from 'ws';

export interface GraphError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: { readonly code?: string };
}

export interface Answer<T> {
  readonly status: number;
  readonly data: T;
  readonly errors: readonly GraphError[];
  /** The codes of the errors, for tests that expect one. */
  readonly codes: readonly (string | undefined)[];
}

export interface Refused {
  readonly userErrors: readonly { readonly code: string; readonly message: string; readonly remedy: string }[];
}

type Variables = Readonly<Record<string, unknown>>;

/** POST /graphql, whatever comes back. */
export async function post<T>(url: string, token: string | undefined, query: string, variables: Variables = {}) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
  const { data, errors = [] } = (await response.json()) as { data: T; errors?: readonly GraphError[] };
  const answer: Answer<T> = {
    status: response.status,
    data,
    errors,
    codes: errors.map(({ extensions }) => extensions?.code),
  };
  return answer;
}

/** The data of an answer without errors. */
export async function ask<T>(url: string, token: string, query: string, variables: Variables = {}): Promise<T> {
  const { data, errors } = await post<T>(url, token, query, variables);
  if (errors.length > 0) throw new Error(`${JSON.stringify(errors)} for ${query.slice(0, 200)}`);
  return data;
}

/** Does `name` with an input; `fields` are the payload's beside its userErrors. Null where the role is missing. */
export function actor(url: string, token: string) {
  return async <T>(name: string, input: object, fields = ''): Promise<T & Refused> => {
    const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
    const query = `mutation($input: ${type}!) {
      ${name}(input: $input) { ${fields} userErrors { code message remedy } } }`;
    const data = await ask<Record<string, T & Refused>>(url, token, query, { input });
    const payload = data[name];
    if (payload === undefined) throw new Error(`no payload of ${name}`);
    return payload;
  };
}

/** The codes a mutation is refused with: those of its userErrors, or of the error when the role is missing. */
export async function refusalOf(url: string, token: string, name: string, input: object): Promise<readonly unknown[]> {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
  const query = `mutation($input: ${type}!) { ${name}(input: $input) { userErrors { code } } }`;
  const { data, codes } = await post<Record<string, Refused> | null>(url, token, query, { input });
  return codes.length > 0 ? codes : (data?.[name]?.userErrors ?? []).map(({ code }) => code);
}

/** A graphql-ws client that does not come back when it is turned away. */
export function socketOf(url: string, token: string | undefined): Client {
  return createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    ...(token && { connectionParams: { authorization: `Bearer ${token}` } }),
  });
}

export interface Watcher<T> {
  readonly seen: readonly T[];
  /** Of all events, those of every field. */
  readonly errors: readonly unknown[];
  /** Resolves when the stream ended, with what ended it if that was no completion. */
  readonly ended: Promise<unknown>;
  /** Resolves once `holds` is true of what was seen; fails with it after a while, or when the stream ends. */
  until(holds: (seen: readonly T[]) => boolean): Promise<readonly T[]>;
  stop(): void;
}

const WATCH_LIMIT_MS = 60_000;

export function watch<T>(client: Client, query: string, variables: Variables = {}): Watcher<T> {
  const seen: T[] = [];
  const errors: unknown[] = [];
  const waiting = new Set<() => void>();
  let isOver = false;
  let end: (cause: unknown) => void = () => undefined;
  const ended = new Promise<unknown>((resolve) => {
    end = (cause) => {
      isOver = true;
      resolve(cause);
      for (const look of waiting) look();
    };
  });
  const stop = client.subscribe<Record<string, T>>(
    { query, variables: { ...variables } },
    {
      next: (answer) => {
        const { data, errors: found } = answer as ExecutionResult<Record<string, T>>;
        errors.push(...(found ?? []));
        for (const value of Object.values(data ?? {})) seen.push(value);
        for (const look of waiting) look();
      },
      error: (error) => end(error),
      complete: () => end(undefined),
    },
  );
  const until = (holds: (seen: readonly T[]) => boolean): Promise<readonly T[]> =>
    new Promise((fulfil, reject) => {
      const give = (why: string) => {
        leave();
        reject(new Error(`${why}; the last of ${seen.length} events: ${JSON.stringify(seen.at(-1))} ${errors[0]}`));
      };
      const look = () => {
        if (!holds(seen)) return isOver ? give('the stream ended') : undefined;
        leave();
        fulfil(seen);
      };
      const timer = setTimeout(() => give('never seen'), WATCH_LIMIT_MS);
      const leave = () => {
        clearTimeout(timer);
        waiting.delete(look);
      };
      waiting.add(look);
      look();
    });
  return { seen, errors, ended, until, stop };
}

const POLL_EVERY_MS = 50;

/** Asks again and again until `holds`; fails after `limitMs`, with what was found last. */
export async function poll<T>(
  find: () => Promise<T>,
  holds: (found: T) => boolean,
  limitMs: number = WATCH_LIMIT_MS,
): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const found = await find();
    if (holds(found)) return found;
    if (performance.now() > deadline) throw new Error(`not within ${limitMs} ms: ${JSON.stringify(found)}`);
    await pause(POLL_EVERY_MS);
  }
}
