/** When a file in a drop folder is whole: others write slowly, and half a message is never taken for one. */
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { ConnectorError, type ConnectorContext } from '@waybill/connector-sdk';
import { z } from 'zod';
import { type DropFolder, isFileAt, type Swept, writeOnce } from './folder.ts';

const AGE_MAX_SECONDS = 86_400;
const STABLE_MAX_SECONDS = 300;
/** How many files are watched at once for being stable; of each some fifty bytes are kept in memory. */
const STABLE_FILES_MAX = 1_000_000;
/** Of the digest of a path and a version. */
const WATCHED_CHARS = 16;
/** How many files are asked about at once. */
const ASKED_MAX = 32;
/** A large folder is swept twice before the first file is known to be stable. */
export const LISTING_MAX_MS = 1_800_000;

/** As programs that copy files name what they are still writing. */
const UNFINISHED = ['.part', '.filepart', '.tmp'];
const suffix = z.string().regex(/^\.[A-Za-z0-9_-]{1,20}$/, 'must be a dot and up to 20 letters or digits');

export const finishedSetting = z
  .discriminatedUnion('by', [
    z
      .strictObject({ by: z.literal('name'), unfinished: z.array(suffix).max(20).default(UNFINISHED) })
      .describe('Every file but dot-files and those whose names end so, in any case: writers rename them last.'),
    z
      .strictObject({
        by: z.literal('marker'),
        suffix,
        beside: z.enum(['name', 'stem']).default('name'),
      })
      .describe(
        'A file beside which one with the suffix stands: a.hl7.done by name, a.done by stem. A target sets it last.',
      ),
    z
      .strictObject({ by: z.literal('age'), seconds: z.int().min(1).max(AGE_MAX_SECONDS) })
      .describe('A file that was not written to for so long, by the clock of whoever keeps the folder.'),
    z
      .strictObject({ by: z.literal('stable'), seconds: z.int().min(1).max(STABLE_MAX_SECONDS) })
      .describe('A file that is the same when it is looked at again so many seconds later; no clock is believed.'),
  ])
  .default({ by: 'name', unfinished: UNFINISHED });

export type Finished = z.infer<typeof finishedSetting>;

/** Whether no name on the way says that somebody is still writing. */
export function hasFinishedName(path: string, unfinished: readonly string[] = UNFINISHED): boolean {
  const names = path.toLowerCase().split('/');
  return !names.some((name) => unfinished.some((each) => name.endsWith(each.toLowerCase())));
}

/** Names that begin with a dot are other programs' own. */
export function isShown(name: string): boolean {
  return !name.startsWith('.');
}

/** The finished files; how many others were left alone is said in one log fact. */
export async function* sweepFinished(
  folder: DropFolder,
  by: Finished,
  context: ConnectorContext,
  signal: AbortSignal,
): AsyncGenerator<Swept> {
  const judge = by.by === 'stable' ? await watch(folder, by.seconds, signal) : judgeOf(folder, by, context, signal);
  let unfinished = 0;
  for await (const [file, isFinished] of judged(candidates(folder, by, signal), judge)) {
    if (isFinished) yield file;
    else unfinished += 1;
  }
  if (unfinished > 0) context.log('drop-files-unfinished', { files: unfinished });
}

type Judge = (file: Swept) => boolean | Promise<boolean>;

function judgeOf(
  folder: DropFolder,
  by: Exclude<Finished, { by: 'stable' }>,
  context: ConnectorContext,
  signal: AbortSignal,
): Judge {
  switch (by.by) {
    case 'name':
      return ({ path }) => hasFinishedName(path, by.unfinished);
    case 'marker':
      return ({ path }) => hasFinishedName(path) && isFileAt(folder, markerOf(path, by), signal);
    case 'age':
      // Where nobody says when a file was written to, nobody can say that it is whole.
      return ({ path, modifiedAt }) =>
        hasFinishedName(path) && context.now().getTime() - Date.parse(modifiedAt ?? '') >= by.seconds * 1000;
    default:
      return by satisfies never;
  }
}

/** Goes through the folder once, and knows afterwards what was the same then. */
async function watch(folder: DropFolder, seconds: number, signal: AbortSignal): Promise<Judge> {
  const seen = new Set<string>();
  const nameOf = ({ path, version }: Swept): string =>
    createHash('sha256').update(`${path}\0${version}`).digest('base64').slice(0, WATCHED_CHARS);
  for await (const file of folder.sweep({ admits: isShown, depth: 'all' }, signal)) {
    if (seen.size >= STABLE_FILES_MAX) throw tooMany();
    seen.add(nameOf(file));
  }
  await pause(seconds * 1000, undefined, { signal });
  return (file) => hasFinishedName(file.path) && seen.has(nameOf(file));
}

async function* candidates(folder: DropFolder, by: Finished, signal: AbortSignal): AsyncGenerator<Swept> {
  for await (const file of folder.sweep({ admits: isShown, depth: 'all' }, signal)) {
    if (!isMarker(file.path, by)) yield file;
  }
}

/** In the order they come, several asked about at once: a server far away answers each in its time. */
async function* judged(files: AsyncIterable<Swept>, judge: Judge): AsyncGenerator<readonly [Swept, boolean]> {
  const asked: { readonly file: Swept; readonly answer: Promise<boolean> }[] = [];
  let broken: { readonly error: unknown } | undefined;
  try {
    for await (const file of files) {
      const answer = Promise.resolve(judge(file));
      // It is awaited when its turn comes; until then a failure has nobody to tell.
      answer.catch(() => {});
      asked.push({ file, answer });
      const first = asked.length < ASKED_MAX ? undefined : asked.shift();
      if (first !== undefined) yield [first.file, await first.answer];
    }
  } catch (error) {
    // A sweep that tells what it could not carry has come to its end: what came before that is yielded first.
    broken = { error };
  }
  for (const { file, answer } of asked) yield [file, await answer];
  if (broken !== undefined) throw broken.error;
}

/** Whether the file only says of another one that it is whole. */
export function isMarker(path: string, by: Finished): boolean {
  return by.by === 'marker' && path.endsWith(by.suffix);
}

function markerOf(path: string, { suffix: end, beside }: Extract<Finished, { by: 'marker' }>): string {
  return beside === 'name' ? `${path}${end}` : `${path.replace(/(?<=[^/])\.[^./]*$/, '')}${end}`;
}

/** Fails with PATH_REFUSED for an item that readers would take for a marker. */
export function requireNoMarker(path: string, by: Finished): void {
  if (!isMarker(path, by)) return;
  const message = `${JSON.stringify(path)} would be taken for a marker`;
  throw new ConnectorError('PATH_REFUSED', `${message}; exclude it, or set another suffix`);
}

/** Sets the marker beside a file that is in place, durably. Repeating it succeeds. */
export async function markFinished(folder: DropFolder, path: string, by: Finished, signal: AbortSignal): Promise<void> {
  if (by.by !== 'marker') return;
  const marker = markerOf(path, by);
  if (!(await isFileAt(folder, marker, signal))) await writeOnce(folder, marker, '', signal);
}

function tooMany(): ConnectorError {
  const message = `more than ${STABLE_FILES_MAX} files lie in the folder, which are too many to watch`;
  return new ConnectorError('UNSUPPORTED', `${message}; tell finished files by name, marker or age`);
}
