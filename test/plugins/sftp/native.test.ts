import { expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';

const CRYPTO = createRequire(import.meta.url).resolve('ssh2/lib/protocol/crypto.js');
/** Ciphers are forgotten in several turns of the loop, as those of connections that ended are. */
const FORGETTING = `
  const { bindingAvailable } = require(${JSON.stringify(CRYPTO)});
  const addon = bindingAvailable
    ? require(${JSON.stringify(CRYPTO)}.replace(/crypto\\.js$/, 'crypto/build/Release/sshcrypto.node'))
    : { AESGCMCipher: class {} };
  let turns = 20;
  const turn = () => {
    for (let made = 0; made < 5_000; made++) new addon.AESGCMCipher('aes-256-gcm', Buffer.alloc(32), Buffer.alloc(12));
    if (turns-- > 0) setTimeout(turn, 5);
    else process.stdout.write('alive');
  };
  turn();
`;

test('a process lives on when the ciphers of ended connections are collected', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', FORGETTING]);
  expect(stdout).toBe('alive');
});
