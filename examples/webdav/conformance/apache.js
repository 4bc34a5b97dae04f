// Apache's own WebDAV (mod_dav_fs) over TLS, on a port of the system's choice, with certificates made by openssl.
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

const APACHE = '/usr/sbin/apache2';
const MODULES = '/usr/lib/apache2/modules';
const LOADED = 'mpm_event authn_core authn_file auth_basic authz_core authz_user ssl dav dav_fs dav_lock'.split(' ');
const TRIES_MAX = 200;
const openssl = (...args) => promisify(execFile)('openssl', args);

/** Why there can be none here; `undefined` where there can. */
export const skipped = existsSync(APACHE) ? undefined : `${APACHE} is not installed (Debian package apache2-bin)`;

/** An authority and a certificate for 127.0.0.1, good for so many days; none makes it expire as it is made. */
export async function certificatesIn(folder, days = 30) {
  await mkdir(folder, { recursive: true });
  const at = (name) => join(folder, name);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout'];
  await openssl('req', '-x509', ...key, at('ca.key'), '-out', at('ca.pem'), '-days', '30', '-subj', '/CN=authority');
  await openssl('req', ...key, at('key.pem'), '-out', at('request.pem'), '-subj', '/CN=webdav');
  await writeFile(at('names'), 'subjectAltName=IP:127.0.0.1\n');
  const by = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', String(days)];
  await openssl('x509', '-req', '-in', at('request.pem'), ...by, '-extfile', at('names'), '-out', at('cert.pem'));
  return { authority: await readFile(at('ca.pem'), 'utf8'), certificate: at('cert.pem'), privateKey: at('key.pem') };
}

/** Serves `root/...` under `https://127.0.0.1:PORT/`; `allow` says who may come in from now on. */
export async function startApache() {
  const home = await mkdtemp(join(tmpdir(), 'webdav-'));
  const root = join(home, 'root');
  // Started by root, Apache serves as nobody in particular.
  await chmod(home, 0o777);
  await mkdir(root);
  await chmod(root, 0o777);
  const certificates = await certificatesIn(join(home, 'tls'));
  const port = await freePort();
  const allow = (user, password) => {
    const digest = createHash('sha1').update(password).digest('base64');
    return writeFile(join(home, 'users'), `${user}:{SHA}${digest}\n`);
  };
  await writeFile(join(home, 'apache.conf'), configurationOf(home, root, port, certificates));
  const child = spawn(APACHE, ['-X', '-f', join(home, 'apache.conf')], { stdio: 'ignore' });
  await listening(child, port, home);
  return {
    root,
    port,
    certificates,
    allow,
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
      await rm(home, { recursive: true, force: true });
    },
  };
}

function configurationOf(home, root, port, { certificate, privateKey }) {
  return `
ServerRoot ${home}
ServerName 127.0.0.1
Listen 127.0.0.1:${port}
PidFile ${home}/pid
ErrorLog ${home}/error.log
User #${process.getuid() === 0 ? 33 : process.getuid()}
Group #${process.getgid() === 0 ? 33 : process.getgid()}
${LOADED.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`).join('\n')}
ThreadsPerChild 32
MaxRequestWorkers 32
DavLockDB ${home}/locks
AllowEncodedSlashes On
DocumentRoot ${root}
SSLEngine on
SSLSessionTickets off
SSLCertificateFile ${certificate}
SSLCertificateKeyFile ${privateKey}
<Directory ${root}>
  Dav On
  AuthType Basic
  AuthName webdav
  AuthUserFile ${home}/users
  Require valid-user
</Directory>
`;
}

async function listening(child, port, home) {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    if (child.exitCode !== null) break;
    const socket = connect(port, '127.0.0.1');
    const isUp = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isUp) return;
    await pause(25);
  }
  throw new Error(`apache does not start: ${await readFile(join(home, 'error.log'), 'utf8').catch(() => 'no log')}`);
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
