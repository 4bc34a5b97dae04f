/** `waybill verify PACK [--key PUB]`: is this evidence whole, and does it say what was signed? Offline. */
import { lstatSync, readFileSync } from 'node:fs';
import { Fault } from '../../kernel/fault.ts';
import { openFolder } from '../../runtime/folder.ts';
import { verifyPack, type PackReader } from '../../subgraphs/audit/domain/verify.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { bytesText } from '../table.ts';

/** Prints a verdict, and every problem with the file it is in. Exit 0 when there is none. */
export function verify(path: string, options: { readonly key?: string; readonly json?: boolean }): ExitCode {
  const trustedKey = options.key === undefined ? undefined : readKey(options.key);
  const verification = verifyPack(packAt(path), trustedKey);
  const { problems, trust, keyId, files, bytes, connectors, log } = verification;
  if (options.json) process.stdout.write(`${JSON.stringify({ ok: problems.length === 0, ...verification })}\n`);
  else {
    for (const { file, code, message } of problems)
      process.stdout.write(`${code} ${JSON.stringify(file)}: ${message}\n`);
    const key = trust === 'key-given' ? `the key given (${keyId})` : `the key inside the pack (${keyId}); compare it`;
    const size = `${files} files, ${bytesText(bytes)}, log of ${log?.size ?? 'unknown'} entries`;
    const verdict =
      problems.length === 0 ? `verified: ${size}, trusting ${key}` : `NOT verified: ${problems.length} problems`;
    process.stdout.write(`${verdict}\n`);
    for (const { id, version, tested } of connectors) process.stdout.write(`connector ${id} ${version}: ${tested}\n`);
  }
  return problems.length === 0 ? EXIT.clean : EXIT.fault;
}

function readKey(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Fault({
      code: 'FILE_NOT_READABLE',
      retry: 'permanent',
      message: 'the key cannot be read',
      subject: path,
      cause,
    });
  }
}

function packAt(root: string): PackReader {
  const isFolder = lstatSync(root, { throwIfNoEntry: false })?.isDirectory() ?? false;
  if (!isFolder) {
    const message = 'there is no pack; give the folder that holds bagit.txt';
    throw new Fault({ code: 'PACK_NOT_FOUND', retry: 'permanent', message, subject: root });
  }
  return openFolder(root);
}
