// What the conformance kit is lent: folders of a real Apache, a network that breaks on request, and strangers.
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderPlace, startTcpProxy } from '@waybill/connector-sdk/conformance';
import { certificatesIn, skipped, startApache } from './apache.js';

export { skipped };

const USER = 'mover';
const PASSWORD = 'a-password-of-this-test';
/** Nobody listens on it: TCPMUX. */
const DEAD_PORT = 1;
const TLS_CUT_BYTES = 500_000;
const OBEDIENT = 'a real Apache does not do so on command';

let starting;
let folders = 0;

export const harness = {
  package: join(import.meta.dirname, '..'),
  writesReport: true,
  troubles: [
    'cut',
    'cut-upload',
    'cut-tls',
    'lost-commit',
    'silence',
    'slow',
    'unreachable',
    'expired-token',
    'expired-certificate',
    'unknown-authority',
    'wrong-name',
  ],
  cannot: { 'stored-short': OBEDIENT, 'error-in-200': OBEDIENT, 'rate-limit': OBEDIENT, 'telling-failure': OBEDIENT },
  open: async () => {
    starting ??= startApache();
    const apache = await starting;
    await apache.allow(USER, PASSWORD);
    folders++;
    const folder = `place-${folders}`;
    await mkdir(join(apache.root, folder));
    await chmod(join(apache.root, folder), 0o777);
    const proxy = await startTcpProxy(apache.port);
    const others = [];
    const at = (port, host = '127.0.0.1') => ({ baseUrl: `https://${host}:${port}/${folder}`, user: USER });
    const config = { ...at(proxy.port), ca: apache.certificates.authority };
    const impostor = async (days, host) => {
      const home = await mkdtemp(join(tmpdir(), 'impostor-'));
      const theirs = await certificatesIn(home, days);
      const [cert, key] = [await readFile(theirs.certificate), await readFile(theirs.privateKey)];
      const server = createServer({ cert, key }, (_, response) => response.end()).listen(0, host);
      await once(server, 'listening');
      others.push(async () => {
        server.close();
        await rm(home, { recursive: true });
      });
      return { ...at(server.address().port, host), ca: theirs.authority };
    };
    return {
      config,
      secrets: { password: PASSWORD },
      wrongSecrets: { password: 'another-password-entirely' },
      ...folderPlace(join(apache.root, folder)),
      trouble: async (trouble) => {
        if (trouble.kind === 'cut') proxy.cutAfter(trouble.afterBytes);
        else if (trouble.kind === 'cut-upload') proxy.cutUploadAfter(trouble.afterBytes);
        else if (trouble.kind === 'cut-tls') proxy.cutAfter(TLS_CUT_BYTES);
        else if (trouble.kind === 'lost-commit') proxy[trouble.landed ? 'cutAtNextAnswer' : 'cutAtNextQuestion']();
        else if (trouble.kind === 'silence') proxy.silence();
        else if (trouble.kind === 'slow') proxy.slow(trouble.bytesPerSecond);
        else if (trouble.kind === 'expired-token') await apache.allow(USER, 'changed overnight');
        else if (trouble.kind === 'unreachable') return { ...config, ...at(DEAD_PORT) };
        else if (trouble.kind === 'expired-certificate') return impostor(0, '127.0.0.1');
        else if (trouble.kind === 'wrong-name') return impostor(30, '127.0.0.2');
        else return { ...(await impostor(30, '127.0.0.1')), ca: config.ca };
        return config;
      },
      over: async () => {
        proxy.mend();
        await apache.allow(USER, PASSWORD);
      },
      remove: async () => {
        await proxy.close();
        for (const end of others) await end();
        await rm(join(apache.root, folder), { recursive: true, force: true });
      },
    };
  },
  close: async () => (await starting)?.stop(),
};
