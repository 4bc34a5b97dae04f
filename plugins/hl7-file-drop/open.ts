/** The folders of an endpoint: the drop itself, and where acknowledgements come. */
import { constants } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import { ConnectorError, type ConnectorContext, isConnectorError } from '@waybill/connector-sdk';
import type { DropFolder } from './folder.ts';
import { LocalFolder } from './local/folder.ts';
import { RemoteFolder } from './remote.ts';
import { type Remote, remoteOf, type Settings } from './settings.ts';

export interface Drop {
  readonly folder: DropFolder;
  /** Where its receiver answers; undefined where nobody waits for that. */
  readonly answers: DropFolder | undefined;
  /** What a check says. */
  facts(signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
  close(): Promise<void>;
}

/** Fails with CONFIG_INVALID where a folder is not there, or where acknowledgements would come into the drop folder. */
export function openDrop(config: Settings, context: ConnectorContext, signal: AbortSignal): Promise<Drop> {
  const remote = remoteOf(config);
  return remote === undefined ? openHere(config, context) : openThere(config, remote, context, signal);
}

async function openHere({ folder: at, acknowledgements }: Settings, context: ConnectorContext): Promise<Drop> {
  const folder = await LocalFolder.open(at, context);
  const named = acknowledgements?.folder;
  const answers =
    named === undefined ? undefined : await beside(folder.root, named, () => LocalFolder.open(named, context));
  return { folder, answers, facts: () => factsHere(folder.root), close: async () => {} };
}

async function factsHere(root: string): Promise<Readonly<Record<string, string>>> {
  const { bavail, bsize } = await statfs(root);
  const writable = await access(root, constants.W_OK).then(
    () => 'yes',
    () => 'no',
  );
  return { folder: root, writable, freeBytes: String(bavail * bsize) };
}

async function openThere(
  { acknowledgements }: Settings,
  remote: Remote,
  context: ConnectorContext,
  signal: AbortSignal,
): Promise<Drop> {
  // A receiver takes files away: only what was renamed tells by itself that it was placed.
  const folder = await RemoteFolder.open(remote, acknowledgements === undefined ? 'link' : 'rename', context, signal);
  const named = acknowledgements?.folder;
  try {
    const answers =
      named === undefined ? undefined : await beside(folder.root, named, () => folder.beside(named, signal));
    return { folder, answers, facts: (until) => folder.facts(until), close: () => folder.close() };
  } catch (error) {
    await folder.close();
    throw error;
  }
}

/** The folder of acknowledgements, which lies outside the drop folder. */
async function beside<F extends { readonly root: string }>(
  dropRoot: string,
  named: string,
  open: () => Promise<F>,
): Promise<F> {
  const answers = await open().catch((error: unknown) => {
    if (!isConnectorError(error) || error.code !== 'CONFIG_INVALID') throw error;
    throw notUsable(`there is no folder ${named}; create it or set acknowledgements.folder`, error);
  });
  if (!`${answers.root}/`.startsWith(`${dropRoot}/`)) return answers;
  throw notUsable(`acknowledgements must not come into the drop folder; take another folder than ${named}`);
}

function notUsable(message: string, cause?: unknown): ConnectorError {
  return new ConnectorError('CONFIG_INVALID', message, { cause });
}
