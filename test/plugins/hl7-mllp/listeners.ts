/** Listeners over MLLP in a test, with a folder and a port for each test, and whoever sends to them. */
import { afterEach, beforeEach } from '@jest/globals';
import { createHash } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import mllp from '../../../plugins/hl7-mllp/index.ts';
import { settings } from '../../../plugins/hl7-mllp/settings.ts';
import { type MllpSender, openMllpSender } from '../../../plugins/peers/mllp-sender.ts';
import type { Source } from '../../../plugins/sdk/index.ts';
import { temporaryFolders } from '../../support/places.ts';
import { all } from '../host/house.ts';
import { MllpHouse } from './house.ts';

/** What it opens is closed after each test. */
export function listeners() {
  const freshFolder = temporaryFolders();
  const closing: (() => unknown)[] = [];
  let folder: string;
  let port: number;
  beforeEach(async () => {
    folder = freshFolder();
    port = await freePort();
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  return {
    folder: () => folder,
    listening: async (config: object = {}, house = new MllpHouse()): Promise<{ source: Source; house: MllpHouse }> => {
      const given = settings.parse({ host: '127.0.0.1', port, folder, tls: 'none', ...config });
      const source = await mllp.openSource?.(given, house.context, house.never);
      if (source === undefined) throw new Error('it does not open');
      closing.push(() => source.close());
      return { source, house };
    },
    sender: async (trust: object = {}): Promise<MllpSender> => {
      const opened = await openMllpSender({ port, ...trust });
      closing.push(() => opened.close());
      return opened;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: free } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return free;
}

/** The codes of acknowledgements. */
export const codes = (answers: readonly string[]): string[] =>
  answers.map((each) => /\rMSA\|(..)\|/.exec(each)?.[1] ?? '');

export const pathsOf = async (source: Source): Promise<string[]> =>
  (await all(source.list(new AbortController().signal))).map(({ path }) => path).sort();

/** Where a message lies. */
export const shelf = (controlId: string, from = 'WARD|SITE'): string => {
  const name = createHash('sha256').update(`${from}\r${controlId}`).digest('hex');
  return `${name.slice(0, 2)}/${name}.hl7`;
};
