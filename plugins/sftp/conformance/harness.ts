/** OpenSSH's own server, for the conformance kit. */
import { tmpdir } from 'node:os';
import { startOpenssh, OPENSSH_SKIPPED } from '../../peers/openssh.ts';
import { harnessOf } from './places.ts';

/** Why there can be no place on this machine; `undefined` where there can. */
export const skipped = OPENSSH_SKIPPED;

export const harness = harnessOf(async () => ({ ...(await startOpenssh({ root: tmpdir() })), served: tmpdir() }), {
  'stored-short': 'OpenSSH keeps what it is sent or says that it does not',
});
