/** What is known of messages that wait for their acknowledgement: written before they are placed, and kept. */
import { setTimeout as pause } from 'node:timers/promises';
import { ConnectorError, type Acknowledgement, type ConnectorContext } from '@waybill/connector-sdk';
import {
  type Awaited,
  awaitedBy,
  type Header,
  headerOf,
  nameOf,
  wholeMessageProblem,
} from '@waybill/connector-sdk/hl7';
import { z } from 'zod';
import { type AckFolder, wordOf } from './acknowledgements.ts';
import { digestName, type DropFolder, isFileAt, readSmall, STAGING_FOLDER, writeOnce } from './folder.ts';

/** Less than the two minutes a connector is given for an answer. */
const SECONDS_MAX = 100;
const POLL_MS = 500;
const NOTES = `${STAGING_FOLDER}/sent`;
/** As much of the end of one chunk as may belong to a header in the next. */
const CARRIED_BYTES = 3;

export const acknowledgementsSetting = z
  .strictObject({
    folder: z.string().regex(/^\/[^\0]*$/, 'must be an absolute path'),
    seconds: z.int().min(1).max(SECONDS_MAX).default(30),
  })
  .optional();

const noteShape = z.object({
  /** As `nameOf` names its control id. */
  about: z.string(),
  sha256: z.string(),
  accept: z.boolean(),
  application: z.boolean(),
  /** Of the staged file, before it was placed. */
  version: z.string(),
  placing: z.iso.datetime(),
});

type Note = z.infer<typeof noteShape>;

/** A message whose acknowledgement is awaited. */
export interface Message {
  readonly controlId: string;
  readonly awaited: Awaited;
  readonly sha256: string;
}

export class Sent {
  readonly #folder: DropFolder;
  readonly #acks: AckFolder;
  readonly #deadlineMs: number;
  readonly #context: ConnectorContext;

  constructor(folder: DropFolder, acks: AckFolder, seconds: number, context: ConnectorContext) {
    this.#folder = folder;
    this.#acks = acks;
    this.#deadlineMs = seconds * 1000;
    this.#context = context;
  }

  /**
   * Notes the message that is staged at `staged` and about to be placed at `path`; `placed`: it was before, and must
   * not be again. Fails with ITEM_CONFLICT where its control id was used for another item or acknowledged before it was
   * ever placed, with DELIVERY_IN_DOUBT where it may have been placed and taken away before that could be written down.
   */
  async begin(path: string, staged: string, message: Message, signal: AbortSignal): Promise<'place' | 'placed'> {
    const version = (await this.#folder.look(staged, signal))?.version ?? '';
    const about = nameOf(message.controlId);
    const known = await this.#note(path, signal);
    if (known !== undefined) {
      requireSame(known, message, path);
      if (await this.isPlaced(path, signal)) return 'placed';
      // Placing it would have changed it, or taken it away.
      const isStill = known.version === version && !(await isFileAt(this.#folder, placeOf('again', path), signal));
      if (isStill || (await isFileAt(this.#folder, path, signal))) return 'place';
      if ((await this.#acks.codesFor(about, signal)).length > 0) return 'placed';
      throw inDoubt(about, path);
    }
    await this.#claim(about, path, signal);
    const { sha256, awaited } = message;
    const note: Note = { about, sha256, ...awaited, version, placing: this.#context.now().toISOString() };
    await writeOnce(this.#folder, placeOf('note', path), JSON.stringify(note), signal);
    return 'place';
  }

  /** It is about to be staged anew: what will be staged then says nothing of what was staged before. */
  async again(path: string, signal: AbortSignal): Promise<void> {
    const isNoted = await isFileAt(this.#folder, placeOf('note', path), signal);
    if (isNoted) await writeOnce(this.#folder, placeOf('again', path), '', signal);
  }

  /** It is in place: from now on its receiver may take it away. */
  async placed(path: string, signal: AbortSignal): Promise<void> {
    await writeOnce(this.#folder, placeOf('placed', path), '', signal);
  }

  /** Placing it failed, so that it was never there. */
  async undo(path: string, signal: AbortSignal): Promise<void> {
    await this.#folder.remove(placeOf('note', path), signal);
    await this.#folder.remove(placeOf('again', path), signal);
  }

  isPlaced(path: string, signal: AbortSignal): Promise<boolean> {
    return isFileAt(this.#folder, placeOf('placed', path), signal);
  }

  /** What the receiver has said; until its time is over, that it has said nothing is waited for. */
  async acknowledgement(path: string, signal: AbortSignal): Promise<Acknowledgement> {
    const note = await this.#note(path, signal);
    if (note === undefined) throw new ConnectorError('ITEM_NOT_FOUND', `${JSON.stringify(path)} was never placed here`);
    const until = Date.parse(note.placing) + this.#deadlineMs;
    for (;;) {
      const said = wordOf(await this.#acks.codesFor(note.about, signal), note, note.about);
      const left = until - this.#context.now().getTime();
      // A clock that was set back must not make it wait longer than was configured.
      if (said.outcome !== 'missing' || left <= 0 || left > this.#deadlineMs) return said;
      await pause(Math.min(POLL_MS, left), undefined, { signal });
    }
  }

  async #claim(about: string, path: string, signal: AbortSignal): Promise<void> {
    const place = placeOf('id', about);
    const holder = digestName(path);
    const before = await writeOnce(this.#folder, place, holder, signal);
    if (before === holder) return;
    if (before !== undefined)
      throw conflict(about, path, 'was placed under another name; exclude one of the two items');
    if ((await this.#acks.codesFor(about, signal)).length === 0) return;
    await this.#folder.remove(place, signal);
    const why = 'is acknowledged already, before it was placed; move old acknowledgements away';
    throw conflict(about, path, why);
  }

  async #note(path: string, signal: AbortSignal): Promise<Note | undefined> {
    const text = await readSmall(this.#folder, placeOf('note', path), signal);
    return text === undefined ? undefined : noteShape.parse(JSON.parse(text.toString()));
  }
}

function placeOf(kind: 'note' | 'id' | 'placed' | 'again', of: string): string {
  return `${NOTES}/${digestName(of)}.${kind}`;
}

/** Reads a staged item. Fails with ITEM_REFUSED where nobody could tell what an acknowledgement of it is about. */
export async function requireOneMessage(
  path: string,
  bytes: AsyncIterable<Uint8Array>,
): Promise<Pick<Message, 'controlId' | 'awaited'>> {
  let header: Header | undefined;
  let carried = Buffer.alloc(0);
  for await (const chunk of bytes) {
    const seen = Buffer.concat([carried, chunk]);
    const first = header === undefined ? headerOf(seen) : header;
    if ('problem' in first) throw notOne(path, first.problem);
    header = first;
    const problem = wholeMessageProblem(seen);
    if (problem !== undefined) throw notOne(path, problem);
    carried = seen.subarray(-CARRIED_BYTES);
  }
  if (header === undefined) throw notOne(path, 'it is empty');
  const awaited = awaitedBy(header);
  if (awaited === undefined) throw notOne(path, 'MSH-15 and MSH-16 ask for no acknowledgement');
  return { controlId: header.controlId, awaited };
}

function requireSame({ sha256 }: Note, message: Message, path: string): void {
  if (sha256 === message.sha256) return;
  const before = `other content was placed as ${JSON.stringify(path)} before`;
  throw new ConnectorError('ITEM_CONFLICT', `${before}; exclude the item, or give it another name`);
}

function conflict(about: string, path: string, why: string): ConnectorError {
  return new ConnectorError('ITEM_CONFLICT', `${about} of ${JSON.stringify(path)} ${why}`);
}

function inDoubt(about: string, path: string): ConnectorError {
  const doubt = `${about} of ${JSON.stringify(path)} may have been placed and taken away, and is not placed twice`;
  return new ConnectorError('DELIVERY_IN_DOUBT', `${doubt}; ask the receiver whether it has it`);
}

function notOne(path: string, problem: string): ConnectorError {
  const message = `${JSON.stringify(path)} cannot be acknowledged: ${problem}`;
  return new ConnectorError('ITEM_REFUSED', `${message}; mend it, exclude it, or drop it without acknowledgements`);
}
