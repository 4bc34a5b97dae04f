// Builds ssh2's optional crypto addon for the Node that runs this, where a compiler and Node's headers are at hand.
// `npm ci` builds it, if at all, for the Node that runs npm, and another Node cannot load it; ssh2 then works in
// JavaScript, correctly and slower. Usage: node plugins/sftp/build-native.mjs [folder that holds include/node]
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const BUILD_MAX_MS = 180_000;
const require = createRequire(import.meta.url);
const crypto = join(dirname(require.resolve('ssh2/package.json')), 'lib', 'protocol', 'crypto');
const addon = join(crypto, 'build', 'Release', 'sshcrypto.node');

process.stdout.write(`ssh2 crypto: ${build()}\n`);

/** Says what is at work after this; it never fails an installation. */
function build() {
  if (!collectable()) rmSync(addon, { force: true });
  if (loads()) return 'native, already built for this Node';
  const headers = headersFolder();
  const gyp = nodeGyp();
  if (headers === undefined) return 'javascript, because the headers of this Node are not here';
  if (gyp === undefined) return 'javascript, because node-gyp is not here';
  for (const tool of ['python3', 'make', 'g++']) {
    if (spawnSync(tool, ['--version']).status !== 0) return `javascript, because ${tool} is not here`;
  }
  return compile(gyp, headers) && collectable() && loads()
    ? 'native, built for this Node'
    : 'javascript, because the build failed';
}

/**
 * Whether Node survives the collection of its ciphers. Since 24.19 Node's own ObjectWrap removes a cleanup hook in its
 * destructor, and the process aborts when garbage is collected outside a context (nodejs/node issue 65262, mscdex/ssh2 issue 1511).
 * Such an addon is worse than none.
 */
function collectable() {
  return !existsSync(addon) || !readFileSync(addon).includes('RemoveEnvironmentCleanupHook');
}

/** In a process of its own: an addon that was loaded once cannot be replaced. */
function loads() {
  return spawnSync(process.execPath, ['-e', 'require(process.argv[1])', addon]).status === 0;
}

/** Beside its place and then renamed, so that whoever loads it finds the old one or the new one. */
function compile(gyp, headers) {
  const workshop = `${crypto}-${process.pid}`;
  try {
    mkdirSync(workshop);
    for (const name of ['binding.gyp', 'src']) cpSync(join(crypto, name), join(workshop, name), { recursive: true });
    const source = join(workshop, 'src', 'binding.cc');
    // nan's ObjectWrap has the same methods and no cleanup hook.
    writeFileSync(source, readFileSync(source, 'utf8').replace(/\bObjectWrap\b/g, 'Nan::ObjectWrap'));
    const openssl = process.versions.openssl.split('.')[0];
    const options = [gyp, 'rebuild', `--nodedir=${headers}`, `--real_openssl_major=${openssl}`];
    // Settings of npm reach node-gyp through the environment and would win over the options.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
    const built = spawnSync(process.execPath, options, { cwd: workshop, env, timeout: BUILD_MAX_MS });
    if (built.status !== 0) return false;
    mkdirSync(dirname(addon), { recursive: true });
    renameSync(join(workshop, 'build', 'Release', 'sshcrypto.node'), addon);
    return true;
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
}

function headersFolder() {
  const beside = dirname(dirname(process.execPath));
  const nested = join(beside, 'node_modules');
  const installed = existsSync(nested) ? readdirSync(nested).map((name) => join(nested, name)) : [];
  const given = process.argv[2] === undefined ? [] : [process.argv[2]];
  return [...given, beside, ...installed].find((folder) => existsSync(join(folder, 'include', 'node', 'node.h')));
}

/** npm brings its own. */
function nodeGyp() {
  const { stdout } = spawnSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' });
  const npm = `${stdout ?? ''}`.trim();
  if (!existsSync(npm)) return undefined;
  const path = join(dirname(realpathSync(npm)), '..', 'node_modules', 'node-gyp', 'bin', 'node-gyp.js');
  return existsSync(path) ? path : undefined;
}
