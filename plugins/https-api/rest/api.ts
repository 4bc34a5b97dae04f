/** An API as its description has it: asked in JSON, read in bytes, and never believed when it says that it failed. */
import { ConnectorError, parseKeepingDigits } from '@waybill/connector-sdk';
import type { Answer, Ask } from '../exchange.ts';
import type { Http } from '../http.ts';
import { readWhole } from '../read.ts';
import type { RestApi } from '../settings.ts';
import { at, textAt } from './pointer.ts';
import { addressFrom, headerFrom, placesIn, type Values } from './template.ts';

export interface Said {
  readonly status: number;
  readonly headers: Answer['headers'];
  /** The answer's JSON; undefined when it is empty. */
  readonly value: unknown;
}

export interface Thing {
  /** What `read` and a receipt call it. */
  readonly targetId: string;
  readonly key: string | undefined;
}

export class Api {
  readonly description: RestApi;
  readonly #http: Http;
  /** Whether content is read by the API's own id, or by path. */
  readonly #isReadById: boolean;

  constructor(http: Http, description: RestApi) {
    this.description = description;
    this.#http = http;
    this.#isReadById = placesIn(description.read.get).includes('id');
  }

  get base(): URL {
    return this.#http.base;
  }

  /** Fails with ITEM_REFUSED when the answer is one of success with a failure inside. */
  async say(ask: Ask): Promise<Said> {
    const headers = { accept: 'application/json', ...this.#headers(), ...ask.headers };
    const { status, headers: answered, body } = await this.#http.ask({ ...ask, headers });
    const text = await this.#http.text(ask, body);
    const isExpected = ask.expected?.includes(status) === true;
    const value = text.trim() === '' || isExpected ? undefined : this.#parsed(text, ask);
    if (!isExpected) this.#requireSuccess(value);
    return { status, headers: answered, value };
  }

  #parsed(text: string, ask: Ask): unknown {
    try {
      return parseKeepingDigits(text);
    } catch {
      // An answer that is cut may have done its work; the parser's words quote what they could not read.
      const code = ask.method === 'GET' ? 'STREAM_TRUNCATED' : 'OUTCOME_UNKNOWN';
      throw new ConnectorError(code, `${this.base.origin}: its answer is no whole JSON`);
    }
  }

  #requireSuccess(value: unknown): void {
    const { failure } = this.description;
    if (failure === undefined || value === undefined) return;
    const said = at(value, failure.at) as string | number | boolean;
    const hasFailed = failure.is?.includes(said) === true || failure.isNot?.includes(said) === false;
    if (!hasFailed) return;
    const code = textAt(value, failure.code) ?? '';
    const quoted = /^[A-Za-z0-9_.-]{1,60}$/.test(code) ? ` (${code})` : '';
    throw new ConnectorError('ITEM_REFUSED', `${this.base.origin} answers success with a failure inside${quoted}`);
  }

  #headers(): Record<string, string> {
    return Object.fromEntries(Object.entries(this.description.headers ?? {}));
  }

  /** Finds what lies under a path; `undefined` when nothing does. */
  async find(values: Values & { readonly path: string }, signal: AbortSignal): Promise<Thing | undefined> {
    const { stat } = this.description;
    if (stat === undefined) return { targetId: values.path, key: undefined };
    const path = addressFrom(stat.get, values);
    const { status, value } = await this.say({ method: 'GET', path, expected: [404, 410], signal });
    const found = status === 404 || status === 410 ? undefined : at(value, stat.item ?? '');
    if (found === undefined || found === null) return undefined;
    const id = stat.id === undefined ? values.path : textAt(found, stat.id);
    if (id === undefined) throw new ConnectorError('UNSUPPORTED', `${this.base.origin} finds an item without its id`);
    return { targetId: this.targetIdOf(values.path, id), key: textAt(found, stat.key) };
  }

  targetIdOf(path: string, id: string): string {
    return this.#isReadById ? id : path;
  }

  read(targetId: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const values = this.#isReadById ? { id: targetId } : { path: targetId, name: nameOf(targetId) };
    const path = addressFrom(this.description.read.get, values);
    return readWhole(this.#http, path, { accept: '*/*', ...this.#headers() }, signal);
  }

  /** A request whose address and headers speak of one item. */
  about(
    part: { readonly to: string; readonly headers?: Readonly<Record<string, string>> | undefined },
    values: Values,
  ): { readonly path: string; readonly headers: Record<string, string> } {
    const headers = Object.entries(part.headers ?? {}).map(([name, text]) => [name, headerFrom(text, values)]);
    return { path: addressFrom(part.to, values), headers: Object.fromEntries(headers) };
  }

  close(): Promise<void> {
    return this.#http.close();
  }
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
