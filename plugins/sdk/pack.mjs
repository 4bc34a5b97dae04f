// Builds a package that is published, as JavaScript with types, and packs it into a folder:
// `node plugins/sdk/pack.mjs FOLDER [PACKAGE]`, the SDK itself where no other package's folder is named (plugins/peers).
// Node does not strip types under node_modules, so what strangers install cannot be the sources.
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const [out = '.', of = import.meta.dirname] = process.argv.slice(2);
const HERE = resolve(of);
const target = resolve(out);
const require = createRequire(import.meta.url);
const compiler = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');
const built = mkdtempSync(join(tmpdir(), 'waybill-sdk-'));
try {
  execFileSync(process.execPath, [compiler, '-p', join(HERE, 'tsconfig.json'), '--outDir', built], {
    stdio: 'inherit',
  });
  for (const name of readdirSync(built, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.d.ts')) continue;
    const types = readFileSync(join(built, name), 'utf8');
    writeFileSync(join(built, name), types.replaceAll(/(from '\.[^']*)\.ts'/g, "$1.js'"));
  }
  const { private: _, exports: entries, ...rest } = JSON.parse(readFileSync(join(HERE, 'package.json'), 'utf8'));
  const published = Object.entries(entries).map(([name, path]) => [
    name,
    path.endsWith('.ts') ? { types: path.replace('.ts', '.d.ts'), default: path.replace('.ts', '.js') } : path,
  ]);
  const described = { ...rest, exports: Object.fromEntries(published) };
  writeFileSync(join(built, 'package.json'), `${JSON.stringify(described, undefined, 2)}\n`);
  for (const name of ['README.md', 'UPGRADING.md']) {
    if (existsSync(join(HERE, name))) copyFileSync(join(HERE, name), join(built, name));
  }
  mkdirSync(target, { recursive: true });
  const packed = execFileSync('npm', ['pack', built, '--json', '--pack-destination', target], { encoding: 'utf8' });
  process.stdout.write(`${join(target, JSON.parse(packed)[0].filename)}\n`);
} finally {
  rmSync(built, { recursive: true, force: true });
}
