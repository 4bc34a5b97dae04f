/**
 * An ordinary API as a target of whole items. What is staged waits in the spool, or at the API where it has a place for
 * what nobody sees; a commit looks before it writes, and what is there already is compared and never replaced.
 */
import { createHash } from 'node:crypto';
import {
  ConnectorError,
  requireSafePath,
  type ConnectorContext,
  type Parcel,
  type Receipt,
  type Staged,
  type Target,
} from '@waybill/connector-sdk';
import type { Ask } from '../exchange.ts';
import { spooled } from '../spooled.ts';
import { Turns } from '../turns.ts';
import { type Api, nameOf, type Said, type Thing } from './api.ts';
import { list } from './list.ts';
import { textAt } from './pointer.ts';
import type { Values } from './template.ts';

const CONFLICTS = [409, 412] as const;
const GONE = [404, 410] as const;

/** Fails with CONFIG_INVALID when the description does not say how to write. */
export function restTarget(api: Api, context: ConnectorContext): Target {
  if (api.description.write === undefined && api.description.upload === undefined) {
    throw new ConnectorError('CONFIG_INVALID', 'a target needs write, or upload and publish; describe how to write');
  }
  const commits = new RestParcels(api, context);
  return {
    stat: async (parcel, signal) => commits.stat(admitted(parcel), signal),
    stage: async (parcel, bytes, signal) => commits.stage(admitted(parcel), bytes, signal),
    commit: async (parcel, staged, signal) => commits.commit(admitted(parcel), staged, signal),
    discard: (staged, signal) => commits.discard(staged, signal),
    async *read(targetId, offsetBytes, signal) {
      if (offsetBytes > 0) throw new ConnectorError('UNSUPPORTED', 'this API is read from the beginning');
      yield* api.read(targetId, signal);
    },
    close: () => api.close(),
    listing: {
      async *items(signal) {
        for await (const { path, sizeBytes, targetId } of list(api, signal)) yield { targetId, key: path, sizeBytes };
      },
      async *records() {},
    },
  };
}

function admitted(parcel: Parcel): Parcel {
  requireSafePath(parcel.path);
  if (parcel.shape === 'bytes') return parcel;
  throw new ConnectorError('UNSUPPORTED', 'the profile rest takes whole items; records need a profile that knows them');
}

class RestParcels {
  readonly #api: Api;
  readonly #context: ConnectorContext;
  readonly #turns = new Turns();

  constructor(api: Api, context: ConnectorContext) {
    this.#api = api;
    this.#context = context;
  }

  async stat(parcel: Parcel, signal: AbortSignal): Promise<Receipt | undefined> {
    signal.throwIfAborted();
    // Without the key nobody can say whose work it is; the commit compares contents then.
    if (this.#api.description.stat?.key === undefined) return undefined;
    const found = await this.#find(parcel, signal);
    return found?.key === parcel.key ? { targetId: found.targetId } : undefined;
  }

  async stage(parcel: Parcel, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Staged> {
    signal.throwIfAborted();
    const hash = createHash('sha256');
    const digested = async function* (): AsyncGenerator<Uint8Array> {
      for await (const chunk of bytes) {
        signal.throwIfAborted();
        hash.update(chunk);
        yield chunk;
      }
    };
    const sizeBytes = await this.#context.spool.write(parcel.key, digested(), 'fleeting');
    const state = { sha256: hash.digest('hex') };
    if (this.#api.description.upload === undefined) return { key: parcel.key, sizeBytes, state };
    const staged = await this.#upload(parcel, { key: parcel.key, sizeBytes, state }, signal);
    await this.#context.spool.remove(parcel.key);
    return staged;
  }

  async #upload(parcel: Parcel, local: Staged, signal: AbortSignal): Promise<Staged> {
    const { upload } = this.#api.description;
    if (upload === undefined) return local;
    const values = valuesOf(parcel, local);
    const { value } = await this.#send(upload, parcel, local, values, [], signal);
    const staged = textAt(value, upload.staged);
    if (staged === undefined) throw new ConnectorError('UNSUPPORTED', 'an upload is answered without upload.staged');
    const arrived = Number(textAt(value, upload.size) ?? local.sizeBytes);
    return { ...local, sizeBytes: arrived, state: { ...local.state, staged } };
  }

  commit(parcel: Parcel, staged: Staged, signal: AbortSignal): Promise<Receipt> {
    return this.#turns.take(parcel.path, async () => {
      const found = await this.#find(parcel, signal);
      const { targetId } = found ?? (await this.#write(parcel, staged, signal));
      if (found !== undefined) await this.#requireSame(parcel, found, staged, signal);
      // Of what was there already, a second upload is of no use to anybody.
      if (found !== undefined) await this.discard(staged, signal);
      await this.#context.spool.remove(parcel.key);
      return { targetId };
    });
  }

  async #write(parcel: Parcel, staged: Staged, signal: AbortSignal): Promise<Thing> {
    const { publish, write } = this.#api.description;
    const step = write ?? publish;
    const { status, value } = await this.#deliver(parcel, staged, signal);
    if ((GONE as readonly number[]).includes(status)) throw nothingStaged(parcel);
    const id = status < 300 ? textAt(value, step?.id) : undefined;
    if (id !== undefined) return { targetId: this.#api.targetIdOf(parcel.path, id), key: parcel.key };
    const found = await this.#find(parcel, signal);
    if (found === undefined && status < 300) {
      throw new ConnectorError('OUTCOME_UNKNOWN', `${parcel.key} was taken and is not found; look it up again`);
    }
    if (found === undefined) throw conflict(parcel, `the service refuses it (${status}) and finds nothing there`);
    await this.#requireSame(parcel, found, staged, signal);
    return found;
  }

  #deliver(parcel: Parcel, staged: Staged, signal: AbortSignal): Promise<Said> {
    const { publish, write } = this.#api.description;
    const values = valuesOf(parcel, staged);
    if (write !== undefined) return this.#send(write, parcel, staged, values, write.conflict ?? CONFLICTS, signal);
    if (publish === undefined) throw nothingStaged(parcel);
    const { path, headers } = this.#api.about(publish, { ...values, staged: String(staged.state['staged']) });
    const expected = [...(publish.conflict ?? CONFLICTS), ...GONE];
    return this.#api.say({ method: publish.method, path, headers, expected, signal });
  }

  /** Sends what is spooled. Fails with ITEM_NOT_FOUND when nothing is. */
  async #send(
    step: {
      readonly method: 'POST' | 'PUT';
      readonly to: string;
      readonly headers?: Record<string, string> | undefined;
    },
    parcel: Parcel,
    { sizeBytes }: Staged,
    values: Values,
    expected: readonly number[],
    signal: AbortSignal,
  ): Promise<Said> {
    const { path, headers } = this.#api.about(step, values);
    const ask: Ask = {
      method: step.method,
      path,
      headers: { 'content-type': parcel.mediaType, 'content-length': String(sizeBytes), ...headers },
      expected,
      signal,
    };
    const body = await spooled(this.#context.spool, parcel.key);
    if (body === undefined) throw nothingStaged(parcel);
    return this.#api.say({ ...ask, body });
  }

  async #requireSame(parcel: Parcel, found: Thing, staged: Staged, signal: AbortSignal): Promise<void> {
    const hash = createHash('sha256');
    for await (const chunk of this.#api.read(found.targetId, signal)) hash.update(chunk);
    if (hash.digest('hex') !== staged.state['sha256']) throw conflict(parcel, 'it exists with other content');
  }

  async discard(staged: Staged, signal: AbortSignal): Promise<void> {
    await this.#context.spool.remove(staged.key);
    const discard = this.#api.description.upload?.discard;
    const id = staged.state['staged'];
    if (discard === undefined || id === undefined) return;
    const { path, headers } = this.#api.about({ to: discard }, { staged: String(id) });
    await this.#api.say({ method: 'DELETE', path, headers, expected: GONE, signal });
  }

  #find(parcel: Parcel, signal: AbortSignal): Promise<Thing | undefined> {
    return this.#api.find({ ...valuesOf(parcel, undefined), path: parcel.path }, signal);
  }
}

function valuesOf({ key, mediaType, path, sizeBytes }: Parcel, staged: Staged | undefined): Values {
  const sha256 = staged === undefined ? undefined : String(staged.state['sha256']);
  return {
    ...{ path, name: nameOf(path), key, mediaType },
    size: String(staged?.sizeBytes ?? sizeBytes),
    sha256,
    sha256Base64: sha256 === undefined ? undefined : Buffer.from(sha256, 'hex').toString('base64'),
  };
}

function nothingStaged({ key }: Parcel): ConnectorError {
  return new ConnectorError('ITEM_NOT_FOUND', `nothing is staged for ${key} any more; stage it again`);
}

function conflict({ path }: Parcel, why: string): ConnectorError {
  const message = `${JSON.stringify(path)} at the target: ${why}; take it away there, or exclude the item`;
  return new ConnectorError('ITEM_CONFLICT', message);
}
