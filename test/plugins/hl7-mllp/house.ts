/** A target over MLLP in a test, with a spool that outlives it. */
import type { ConnectorContext, Parcel, Target } from '../../../plugins/sdk/index.ts';
import { CONNECTED, ConnectorError } from '../../../plugins/sdk/index.ts';
import mllp from '../../../plugins/hl7-mllp/index.ts';
import { settings } from '../../../plugins/hl7-mllp/settings.ts';

export function message(controlId: string, rest = '', note = 'nothing'): string {
  return `MSH|^~\\&|WARD|SITE|LAB|SITE|20260101||ORU^R01|${controlId}|P|2.5.1${rest}\rPID|1||0042||${note}\r`;
}

export class MllpHouse {
  readonly logged: { readonly fact: string; readonly facts: object | undefined }[] = [];
  readonly spooled = new Map<string, Buffer>();
  readonly never = new AbortController().signal;
  readonly context: ConnectorContext;
  now = new Date('2026-01-01T00:00:00.000Z');

  constructor(secrets: Readonly<Record<string, string>> = {}) {
    this.context = {
      secret: (name) => {
        const value = secrets[name];
        if (value === undefined) throw new ConnectorError('CONFIG_INVALID', `no secret ${name}`);
        return value;
      },
      spool: {
        write: async (key, bytes) => {
          const chunks: Uint8Array[] = [];
          for await (const chunk of bytes) chunks.push(chunk);
          this.spooled.set(key, Buffer.concat(chunks));
          return this.spooled.get(key)?.byteLength ?? 0;
        },
        read: (key) => this.#read(key),
        remove: async (key) => void this.spooled.delete(key),
      },
      log: (fact, facts) => void this.logged.push({ fact, facts }),
      now: () => this.now,
    };
  }

  /** What was told of connections. */
  connected(): readonly (object | undefined)[] {
    return this.logged.filter(({ fact }) => fact === CONNECTED).map(({ facts }) => facts);
  }

  /** Opens a target; opening again is what a restart does. */
  async target(config: object): Promise<Target> {
    const opened = await mllp.openTarget?.(settings.parse(config), this.context, this.never);
    if (opened === undefined) throw new Error('it does not open');
    return opened;
  }

  check(config: object): Promise<Readonly<Record<string, string>>> {
    return mllp.check(settings.parse(config), this.context, this.never);
  }

  /** Stages and commits as a migration does; the receipt's id. */
  async send(target: Target, key: string, text: string): Promise<string> {
    const body = Buffer.from(text, 'latin1');
    const parcel: Parcel = {
      ...{ key, path: `${key}.hl7`, shape: 'bytes', mediaType: 'x-application/hl7-v2+er7' },
      sizeBytes: body.byteLength,
    };
    const once = async function* () {
      yield body;
    };
    const staged = await target.stage(parcel, once(), this.never);
    return (await target.commit(parcel, staged, this.never)).targetId;
  }

  async *#read(key: string): AsyncGenerator<Uint8Array> {
    const bytes = this.spooled.get(key);
    if (bytes === undefined) throw new ConnectorError('ITEM_NOT_FOUND', 'the spool holds nothing under this key');
    yield bytes;
  }
}
