/** Messages sent to a receiver: each once if it answers, and never a second time without that being said. */
import {
  type Acknowledgement,
  ConnectorError,
  type ConnectorContext,
  isConnectorError,
  type Parcel,
  type Receipt,
  requireSafePath,
  type Staged,
  type Target,
} from '@waybill/connector-sdk';
import { awaitedHere, heard, type Heard, inDoubt, NOTHING_HEARD, refusedBy } from './acknowledge.ts';
import { Connection } from './connection.ts';
import { fitsInBlock } from './frame.ts';
import { Journal, once } from './journal.ts';
import { MESSAGE_BYTES_MAX } from './limits.ts';
import { answerOf, type Awaited, type Header, headerOf, nameOf, wholeMessageProblem } from '@waybill/connector-sdk/hl7';
import { acknowledgementIn, receiptOf } from './receipt.ts';
import type { Settings } from './settings.ts';
import { Wait } from './wait.ts';

export function mllpTarget(config: Settings, context: ConnectorContext): Target {
  const sender = new Sender(config, context);
  return {
    // What the receiver said is written down here; nobody can be asked what it has.
    stat: async (parcel) => {
      requireSafePath(parcel.path);
      return sender.known(parcel);
    },
    stage: (parcel, bytes, signal) => sender.stage(parcel, bytes, signal),
    commit: (parcel, staged, signal) => sender.commit(parcel, staged, signal),
    discard: (staged) => context.spool.remove(staged.key),
    // biome-ignore lint/correctness/useYield: nothing is ever given back.
    async *read(targetId) {
      acknowledgementIn(targetId);
      throw new ConnectorError('NOT_READABLE', 'a receiver of messages gives none of them back');
    },
    acknowledgement: async (targetId) => acknowledgementIn(targetId),
    close: () => sender.close(),
  };
}

class Sender {
  readonly #config: Settings;
  readonly #context: ConnectorContext;
  readonly #journal: Journal;
  #connection: Connection | undefined;
  /** One message is under way at a time, so that an answer can only be to it. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(config: Settings, context: ConnectorContext) {
    this.#config = config;
    this.#context = context;
    this.#journal = new Journal(context.spool);
  }

  async known(parcel: Parcel): Promise<Receipt | undefined> {
    const said = await this.#journal.acknowledged(parcel.key);
    return said && receiptOf(said, said.sends, parcel.key);
  }

  /** Nothing is sent before the commit: the message waits in the spool. */
  async stage(parcel: Parcel, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Staged> {
    requireSafePath(parcel.path);
    if (parcel.shape !== 'bytes') {
      throw new ConnectorError('UNSUPPORTED', 'a receiver takes whole messages; map no records for it');
    }
    signal.throwIfAborted();
    const message = await gathered(bytes, signal);
    const { controlId } = this.#requireSendable(message, parcel.path);
    const sizeBytes = await this.#context.spool.write(parcel.key, once(message));
    return { key: parcel.key, sizeBytes, state: { message: nameOf(controlId) } };
  }

  commit(parcel: Parcel, staged: Staged, signal: AbortSignal): Promise<Receipt> {
    const work = this.#turn.then(() => this.#commit(parcel, staged, signal));
    this.#turn = work.catch(() => {});
    return work;
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.finish().catch(() => {});
  }

  async #commit(parcel: Parcel, staged: Staged, signal: AbortSignal): Promise<Receipt> {
    requireSafePath(parcel.path);
    signal.throwIfAborted();
    const known = await this.known(parcel);
    if (known !== undefined) return known;
    const message = await gathered(this.#context.spool.read(staged.key), signal);
    const { header, awaited } = this.#requireSendable(message, parcel.path);
    await this.#journal.claim(header, parcel.key);
    const sends = (await this.#journal.sends(parcel.key)) + 1;
    if (sends > 1) this.#again(header, sends);
    const said = await this.#deliver(parcel, { message, header, awaited, sends }, signal);
    await this.#journal.acknowledge(parcel.key, { ...said, sends });
    await this.#context.spool.remove(staged.key);
    return receiptOf(said, sends, parcel.key);
  }

  async #deliver(parcel: Parcel, sending: Sending, signal: AbortSignal): Promise<Acknowledgement> {
    const { header, sends } = sending;
    const connection = await this.#connected(signal);
    try {
      await connection.begin(sending.message, signal);
      await this.#journal.sending(parcel.key, sends);
      const said = await this.#completed(connection, sending, signal);
      if (said.kind !== 'refused') return acknowledgementFrom(said, header);
      await this.#journal.settled(parcel.key);
      this.#context.log('mllp-refused', { message: nameOf(header.controlId), code: said.answer.code });
      throw refusedBy(said.answer, header);
    } catch (error) {
      if (isConnectorError(error) && error.code === 'ITEM_REFUSED') throw error;
      connection.drop();
      throw error;
    }
  }

  /** From its last two bytes on, whatever goes wrong leaves the message in doubt. */
  async #completed(connection: Connection, { header, awaited }: Sending, signal: AbortSignal): Promise<Heard> {
    const wait = new Wait(this.#config.acknowledgeSeconds * 1000, () => connection.drop());
    let known: Heard = NOTHING_HEARD;
    try {
      await connection.complete(signal);
      while (known.kind === 'waiting') {
        const answer = answerOf(await connection.answer(wait, signal));
        if (answer === undefined) throw inDoubt(header, 'the answer is no acknowledgement');
        known = heard(known, answer, header, awaited);
      }
      return known;
    } catch (error) {
      // It is stored there, and was answered for; only what its application makes of it was not heard.
      if (known.kind === 'waiting' && known.accepted) return known;
      throw isConnectorError(error) && error.code === 'OUTCOME_UNKNOWN' ? error : inDoubt(header, whyOf(error), error);
    } finally {
      wait.end();
      connection.rest();
    }
  }

  async #connected(signal: AbortSignal): Promise<Connection> {
    if (this.#connection?.isUsable !== true) {
      this.#connection?.drop();
      this.#connection = await Connection.open(this.#config, this.#context, signal);
    }
    return this.#connection;
  }

  #again({ controlId }: Header, sends: number): void {
    const message = nameOf(controlId);
    if (this.#config.inDoubt === 'send-again') {
      this.#context.log('mllp-sent-again', { message, sends });
      return;
    }
    const doubt = `${message} was sent before and never acknowledged, and is not sent twice`;
    const remedy = 'ask the receiver whether it has it, or set inDoubt to send-again if it drops control ids it has';
    throw new ConnectorError('DELIVERY_IN_DOUBT', `${doubt}; ${remedy}`);
  }

  #requireSendable(message: Uint8Array, path: string): { header: Header; awaited: Awaited; controlId: string } {
    const header = headerOf(message);
    if ('problem' in header) throw notSendable(path, header.problem);
    if (!fitsInBlock(message)) throw notSendable(path, 'it holds VT or FS, which mark the ends of a block');
    const problem = wholeMessageProblem(message);
    if (problem !== undefined) throw notSendable(path, problem);
    const awaited = awaitedHere(header, this.#config.applicationAcks);
    if (awaited !== undefined) return { header, awaited, controlId: header.controlId };
    throw notSendable(path, 'MSH-15 and MSH-16 ask for no acknowledgement that is awaited here');
  }
}

interface Sending {
  readonly message: Uint8Array;
  readonly header: Header;
  readonly awaited: Awaited;
  /** Which time it is. */
  readonly sends: number;
}

function acknowledgementFrom(said: Exclude<Heard, { kind: 'refused' }>, { controlId }: Header): Acknowledgement {
  const about = nameOf(controlId);
  if (said.kind === 'waiting') return { outcome: 'missing', level: 'accept', code: 'CA', about };
  return { outcome: 'accepted', level: said.level, code: said.code, about };
}

function notSendable(path: string, problem: string): ConnectorError {
  const message = `${JSON.stringify(path)} cannot be sent as a message: ${problem}`;
  return new ConnectorError('ITEM_REFUSED', `${message}; mend it or exclude it`);
}

function whyOf(error: unknown): string {
  return isConnectorError(error) ? error.message : 'it was stopped';
}

/** Fails with ITEM_REFUSED beyond the limit. */
async function gathered(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of bytes) {
    signal.throwIfAborted();
    sizeBytes += chunk.byteLength;
    if (sizeBytes > MESSAGE_BYTES_MAX) {
      throw new ConnectorError('ITEM_REFUSED', `a message of more than ${MESSAGE_BYTES_MAX} bytes is not sent`);
    }
    chunks.push(Uint8Array.from(chunk));
  }
  return Buffer.concat(chunks);
}
