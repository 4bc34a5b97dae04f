/** What was sent and what was said to it: written down before and after, so that a restart knows both. */
import { ConnectorError, isConnectorError, type Acknowledgement, type Spool } from '@waybill/connector-sdk';
import { createHash } from 'node:crypto';
import type { Header } from '@waybill/connector-sdk/hl7';

const NOTE_BYTES_MAX = 4096;

export class Journal {
  readonly #spool: Spool;

  constructor(spool: Spool) {
    this.#spool = spool;
  }

  /** What the receiver said of the parcel; undefined while it has not accepted it. */
  async acknowledged(parcelKey: string): Promise<(Acknowledgement & { readonly sends: number }) | undefined> {
    return (await this.#note(`${parcelKey}/acknowledged`)) as (Acknowledgement & { sends: number }) | undefined;
  }

  async acknowledge(parcelKey: string, said: Acknowledgement & { readonly sends: number }): Promise<void> {
    await this.#write(`${parcelKey}/acknowledged`, said);
  }

  /** How often it was sent without an answer that settled it. */
  async sends(parcelKey: string): Promise<number> {
    return ((await this.#note(`${parcelKey}/sent`)) as { readonly sends: number } | undefined)?.sends ?? 0;
  }

  async sending(parcelKey: string, sends: number): Promise<void> {
    await this.#write(`${parcelKey}/sent`, { sends });
  }

  /** The receiver will not have it: nothing is in doubt any more. */
  async settled(parcelKey: string): Promise<void> {
    await this.#spool.remove(`${parcelKey}/sent`);
  }

  /**
   * Takes the control id for the parcel. Fails with ITEM_CONFLICT when another one went under it: a receiver would take
   * the second for the first sent again, acknowledge it and drop it.
   */
  async claim({ sender, controlId }: Header, parcelKey: string): Promise<void> {
    const name = `control/${createHash('sha256').update(`${sender}\r${controlId}`, 'latin1').digest('hex')}`;
    const known = (await this.#note(name)) as { readonly parcelKey: string } | undefined;
    if (known === undefined) return this.#write(name, { parcelKey });
    if (known.parcelKey === parcelKey) return;
    const message = 'another item of this sender has the same control id (MSH-10)';
    throw new ConnectorError(
      'ITEM_CONFLICT',
      `${message}, and the receiver would drop one; exclude or mend one of them`,
    );
  }

  async #note(name: string): Promise<unknown> {
    const chunks: Uint8Array[] = [];
    let sizeBytes = 0;
    try {
      for await (const chunk of this.#spool.read(name)) {
        chunks.push(chunk);
        sizeBytes += chunk.byteLength;
        if (sizeBytes > NOTE_BYTES_MAX) throw new ConnectorError('ITEM_CHANGED', 'a note in the spool is no note');
      }
    } catch (error) {
      if (isConnectorError(error) && error.code === 'ITEM_NOT_FOUND') return undefined;
      throw error;
    }
    return JSON.parse(Buffer.concat(chunks).toString()) as unknown;
  }

  async #write(name: string, note: object): Promise<void> {
    await this.#spool.write(name, once(Buffer.from(JSON.stringify(note))));
  }
}

export async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
