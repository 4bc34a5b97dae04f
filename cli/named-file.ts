/** Files that somebody names at the command line. */
import { stat } from 'node:fs/promises';
import { CommandRefused } from './exit.ts';

/** How many bytes it holds. Refuses with FILE_MISSING where there is no such file, or something that is none. */
export async function sizeOfFile(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() === true) return found.size;
  throw new CommandRefused([
    { code: 'FILE_MISSING', message: 'a file named is not there', field: [path], remedy: 'name files that exist' },
  ]);
}
