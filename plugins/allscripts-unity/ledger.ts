/**
 * What is known of each record's call, durably: that it is about to be sent, and what came of it. It lies in the spool
 * of the host and is as protected as the parcels there. A receipt stays, because a commit may be repeated at any time.
 */
import { createHash, randomBytes } from 'node:crypto';
import { ConnectorError, isConnectorError, type Spool } from '@waybill/connector-sdk';
import { type Entry, placeOf } from './chart.ts';
import type { UnityRecord } from './record.ts';

interface Content {
  /** Digest of what was sent, salted: names and birth dates could be tried out. */
  readonly salt: string;
  readonly digest: string;
}

export type Standing = Content &
  (
    | {
        /** The call may have been sent; `before` are the entries that were there then. */
        readonly state: 'sent';
        readonly before: readonly string[];
        readonly sentAtMs: number;
        /** The call was answered as done, with this id or, where it is empty, with none. */
        readonly answer?: string;
      }
    | { readonly state: 'written'; readonly targetId: string }
  );

export type SentCall = Pick<Extract<Standing, { state: 'sent' }>, 'before' | 'sentAtMs' | 'answer'>;

export type Named = Pick<UnityRecord, 'key' | 'name'>;

export class Ledger {
  readonly #spool: Spool;

  constructor(spool: Spool) {
    this.#spool = spool;
  }

  read(record: Named): Promise<Standing | undefined> {
    return this.#get<Standing>(recordKey(record));
  }

  async sent(record: UnityRecord, { before, sentAtMs, answer }: SentCall): Promise<void> {
    await this.#put(recordKey(record), { state: 'sent', before, sentAtMs, answer, ...contentOf(record) });
  }

  /** The entry is claimed before the record is said to be written, so that two records never name one entry. */
  async written(record: UnityRecord, targetId: string): Promise<void> {
    await this.#put(claimKey(placeOf(targetId)), { key: record.key, name: record.name });
    await this.#put(recordKey(record), { state: 'written', targetId, ...contentOf(record) });
  }

  /** The call was certainly not done. */
  async forget(record: Named): Promise<void> {
    await this.#spool.remove(recordKey(record));
  }

  /** Whether another record of the migration was written as this entry. */
  async isClaimed({ place }: Pick<Entry, 'place'>, by: Named): Promise<boolean> {
    const claim = await this.#get<Named>(claimKey(place));
    return claim !== undefined && (claim.key !== by.key || claim.name !== by.name);
  }

  async #get<T>(key: string): Promise<T | undefined> {
    const chunks: Uint8Array[] = [];
    try {
      for await (const chunk of this.#spool.read(key)) chunks.push(chunk);
    } catch (error) {
      if (isConnectorError(error) && error.code === 'ITEM_NOT_FOUND') return undefined;
      throw error;
    }
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as T;
  }

  async #put(key: string, value: object): Promise<void> {
    await this.#spool.write(key, once(Buffer.from(JSON.stringify(value))));
  }
}

/** Fails with ITEM_CONFLICT where the record was sent before with other content. */
export function requireSameContent(record: UnityRecord, { salt, digest }: Content): void {
  if (digestOf(record, salt) === digest) return;
  const remedy = 'Unity cannot replace it; correct it there, and exclude the record';
  throw new ConnectorError('ITEM_CONFLICT', `the record ${record.key} was sent before with other content; ${remedy}`);
}

function contentOf(record: UnityRecord): Content {
  const salt = randomBytes(16).toString('hex');
  return { salt, digest: digestOf(record, salt) };
}

function digestOf({ name, parent, inputs }: UnityRecord, salt: string): string {
  const ordered = Object.entries(inputs).sort(([left], [right]) => (left < right ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([salt, name, parent, ordered]))
    .digest('hex');
}

function recordKey({ name, key }: Named): string {
  return `unity record ${name} ${key}`;
}

function claimKey(place: string): string {
  return `unity entry ${place}`;
}

export async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
