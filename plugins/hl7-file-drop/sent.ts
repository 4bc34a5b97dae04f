/** What is known of messages that wait for their acknowledgement: written before they are placed, and kept. */
import { link, lstat, open, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ConnectorError, type Acknowledgement } from '@waybill/connector-sdk';
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
import { exists } from './finished.ts';
import { codeOf, unlessGone } from './failure.ts';
import { digestName, makeFolder, syncFolder, type DropFolder } from './folder.ts';
import { STAGING_FOLDER } from './sweep.ts';

/** Less than the two minutes a connector is given for an answer. */
const SECONDS_MAX = 100;
const POLL_MS = 500;
const NOTES = `${STAGING_FOLDER}/sent`;
const NOTES_MODE = 0o700;
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
  /** Of the staged file, before it was linked into place. */
  changed: z.string(),
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
  readonly #drop: DropFolder;
  readonly #acks: AckFolder;
  readonly #deadlineMs: number;

  constructor(drop: DropFolder, acks: AckFolder, seconds: number) {
    this.#drop = drop;
    this.#acks = acks;
    this.#deadlineMs = seconds * 1000;
  }

  /**
   * Notes the message that is staged at `staged` and about to be placed at `path`; `placed`: it was before, and must
   * not be again. Fails with ITEM_CONFLICT where its control id was used for another item or acknowledged before it was
   * ever placed, with DELIVERY_IN_DOUBT where it may have been placed and taken away before that could be written down.
   */
  async begin(path: string, staged: string, message: Message): Promise<'place' | 'placed'> {
    const { ctimeNs } = await lstat(staged, { bigint: true });
    const [about, changed] = [nameOf(message.controlId), String(ctimeNs)];
    const known = await this.#note(path);
    if (known !== undefined) {
      requireSame(known, message, path);
      if (await this.isPlaced(path)) return 'placed';
      // Placing the staged file would have changed it.
      if (known.changed === changed || (await exists(this.#drop.locate(path)))) return 'place';
      if ((await this.#acks.codesFor(about)).length > 0) return 'placed';
      throw inDoubt(about, path);
    }
    await makeFolder(this.#drop.locate(STAGING_FOLDER), NOTES_MODE);
    await makeFolder(this.#drop.locate(NOTES), NOTES_MODE);
    await this.#claim(about, path);
    const { sha256, awaited } = message;
    const note: Note = { about, sha256, ...awaited, changed, placing: this.#drop.context.now().toISOString() };
    await writeOnce(this.#placeOf('note', path), JSON.stringify(note));
    return 'place';
  }

  /** It is in place: from now on its receiver may take it away. */
  async placed(path: string): Promise<void> {
    await writeOnce(this.#placeOf('placed', path), '');
  }

  /** Placing it failed, so that it was never there. */
  async undo(path: string): Promise<void> {
    await rm(this.#placeOf('note', path), { force: true });
  }

  isPlaced(path: string): Promise<boolean> {
    return exists(this.#placeOf('placed', path));
  }

  /** What the receiver has said; until its time is over, that it has said nothing is waited for. */
  async acknowledgement(path: string, signal: AbortSignal): Promise<Acknowledgement> {
    const note = await this.#note(path);
    if (note === undefined) throw new ConnectorError('ITEM_NOT_FOUND', `${JSON.stringify(path)} was never placed here`);
    const until = Date.parse(note.placing) + this.#deadlineMs;
    for (;;) {
      const said = wordOf(await this.#acks.codesFor(note.about), note, note.about);
      const left = until - this.#drop.context.now().getTime();
      // A clock that was set back must not make it wait longer than was configured.
      if (said.outcome !== 'missing' || left <= 0 || left > this.#deadlineMs) return said;
      await pause(Math.min(POLL_MS, left), undefined, { signal });
    }
  }

  async #claim(about: string, path: string): Promise<void> {
    const place = this.#placeOf('id', about);
    const holder = digestName(path);
    const before = await writeOnce(place, holder);
    if (before === holder) return;
    if (before !== undefined)
      throw conflict(about, path, 'was placed under another name; exclude one of the two items');
    if ((await this.#acks.codesFor(about)).length === 0) return;
    await rm(place, { force: true });
    const why = 'is acknowledged already, before it was placed; move old acknowledgements away';
    throw conflict(about, path, why);
  }

  async #note(path: string): Promise<Note | undefined> {
    const text = await readText(this.#placeOf('note', path));
    return text === undefined ? undefined : noteShape.parse(JSON.parse(text));
  }

  #placeOf(kind: 'note' | 'id' | 'placed', of: string): string {
    return join(this.#drop.root, NOTES, `${digestName(of)}.${kind}`);
  }
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

/** Writes a small file durably; where it exists, what it holds is given back and stays. */
async function writeOnce(place: string, text: string): Promise<string | undefined> {
  const temporary = `${place}.new`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await link(temporary, place);
    return undefined;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    return await readText(place);
  } finally {
    await rm(temporary, { force: true });
    await syncFolder(dirname(place));
  }
}

function readText(place: string): Promise<string | undefined> {
  return readFile(place, 'utf8').catch(unlessGone);
}
