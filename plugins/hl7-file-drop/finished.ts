/** When a file in a drop folder is whole: others write slowly, and half a message is never taken for one. */
import { lstat, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConnectorError } from '@waybill/connector-sdk';
import { z } from 'zod';
import { codeOf, unlessGone } from './failure.ts';
import { syncFolder, type DropFolder } from './folder.ts';
import { sweep, type Swept } from './sweep.ts';

const AGE_MAX_SECONDS = 86_400;

export const finishedSetting = z
  .discriminatedUnion('by', [
    z.strictObject({ by: z.literal('name') }).describe('Every file but dot-files and *.part.'),
    z
      .strictObject({
        by: z.literal('marker'),
        suffix: z.string().regex(/^\.[A-Za-z0-9_-]{1,20}$/, 'must be a dot and up to 20 letters or digits'),
      })
      .describe('A file beside which one stands that is named like it, with the suffix; a target sets it last.'),
    z
      .strictObject({ by: z.literal('age'), seconds: z.int().min(1).max(AGE_MAX_SECONDS) })
      .describe('A file that was not written to for so long.'),
  ])
  .default({ by: 'name' });

export type Finished = z.infer<typeof finishedSetting>;

/** Whether a name is a finished file's: other programs write to dot-files and *.part first. */
export function hasFinishedName(name: string): boolean {
  return !name.startsWith('.') && !name.toLowerCase().endsWith('.part');
}

/** The finished files; how many others were left alone is said in one log fact. */
export async function* sweepFinished(drop: DropFolder, by: Finished, signal: AbortSignal): AsyncGenerator<Swept> {
  let unfinished = 0;
  for await (const file of sweep(drop, hasFinishedName, signal)) {
    if (isMarker(file.path, by)) continue;
    if (await isFinished(drop, file, by)) yield file;
    else unfinished += 1;
  }
  if (unfinished > 0) drop.context.log('drop-files-unfinished', { files: unfinished });
}

async function isFinished(drop: DropFolder, { path, modifiedAt }: Swept, by: Finished): Promise<boolean> {
  switch (by.by) {
    case 'name':
      return true;
    case 'marker':
      return exists(`${drop.locate(path)}${by.suffix}`);
    case 'age':
      return drop.context.now().getTime() - Date.parse(modifiedAt) >= by.seconds * 1000;
    default:
      return by satisfies never;
  }
}

/** Whether there is a file. */
export async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(unlessGone))?.isFile() === true;
}

/** Whether the file only says of another one that it is whole. */
export function isMarker(path: string, by: Finished): boolean {
  return by.by === 'marker' && path.endsWith(by.suffix);
}

/** Fails with PATH_REFUSED for an item that readers would take for a marker. */
export function requireNoMarker(path: string, by: Finished): void {
  if (!isMarker(path, by)) return;
  const message = `${JSON.stringify(path)} would be taken for a marker`;
  throw new ConnectorError('PATH_REFUSED', `${message}; exclude it, or set another suffix`);
}

/** Sets the marker beside a file that is in place, durably. Repeating it succeeds. */
export async function markFinished(drop: DropFolder, path: string, by: Finished): Promise<void> {
  if (by.by !== 'marker') return;
  const place = `${drop.locate(path)}${by.suffix}`;
  try {
    const file = await open(place, 'wx');
    await file.sync();
    await file.close();
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  await syncFolder(dirname(place));
}
