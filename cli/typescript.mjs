// Lets Node run TypeScript as it is written: `node --import ./cli/typescript.mjs FILE.ts`. The compiler and its settings
// (.swcrc) are those of the tests. What was compiled is kept beside the packages, one file for each source, under the
// digest of what it was made of: a changed source, setting or compiler is compiled anew.
import { hash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire, enableCompileCache, registerHooks, SourceMap } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CACHE = join(ROOT, 'node_modules', '.cache', 'waybill');
const SETTINGS = join(ROOT, '.swcrc');
const DIGEST_MARK = '\n//# compiled from ';

const require = createRequire(import.meta.url);
const HOW = { configFile: SETTINGS, sourceMaps: true };
const made = `${require('@swc/core/package.json').version} ${readFileSync(SETTINGS, 'utf8')} ${JSON.stringify(HOW)}`;
let compiler;

function compiled(path) {
  const text = readFileSync(path, 'utf8');
  const mark = `${DIGEST_MARK}${hash('sha256', made + text)}`;
  const kept = keptOf(path);
  const before = read(kept);
  if (before?.endsWith(mark)) return before;
  compiler ??= require('@swc/core');
  const { code, map } = compiler.transformSync(text, { filename: path, ...HOW });
  const whole = `${code}\n//# sourceMappingURL=${pathToFileURL(mapOf(kept))}${mark}`;
  keep(mapOf(kept), map);
  keep(kept, whole);
  return whole;
}

function keptOf(path) {
  return join(CACHE, `${hash('sha256', path)}.mjs`);
}

function mapOf(kept) {
  return `${kept}.map`;
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Whole or not at all: other processes read it. Where nothing can be written, each start compiles. */
function keep(path, text) {
  const draft = `${path}.${process.pid}`;
  try {
    mkdirSync(CACHE, { recursive: true });
    writeFileSync(draft, text);
    renameSync(draft, path);
  } catch {
    // A folder that cannot be written, or a full disk: not worth more than the time it costs.
  }
}

registerHooks({
  // Modules name the files beside them in full: there is nothing to look for, and that is most of the work of resolving.
  resolve(specifier, context, next) {
    const { parentURL = '', conditions } = context;
    if (!specifier.startsWith('.') || !parentURL.startsWith('file:')) return next(specifier, context);
    const url = () => new URL(specifier, parentURL).href;
    if (specifier.endsWith('.ts')) return { url: url(), format: 'module', shortCircuit: true };
    // Who requires a file instead may mean a link, or a folder of that name.
    const isInFull = conditions.includes('import') && /\.m?js$/.test(specifier);
    return isInFull ? { url: url(), shortCircuit: true } : next(specifier, context);
  },
  load(url, context, next) {
    if (!url.startsWith('file:') || !url.endsWith('.ts')) return next(url, context);
    return { format: 'module', source: compiled(fileURLToPath(url)), shortCircuit: true };
  },
});
// Errors name lines of our sources. Node itself would read the map of every file at every start; here it is read when a
// stack is asked for.
const PLACE = /(file:[^()\s]+\.ts):(\d+):(\d+)/;
const maps = new Map();
Error.prepareStackTrace = (error, frames) => {
  const lines = frames.map((frame) => `    at ${String(frame).replace(PLACE, inSource)}`);
  return [Error.prototype.toString.call(error), ...lines].join('\n');
};

function inSource(place, url, line, column) {
  if (!maps.has(url)) {
    const map = read(mapOf(keptOf(fileURLToPath(url))));
    maps.set(url, map === undefined ? undefined : new SourceMap(JSON.parse(map)));
  }
  const origin = maps.get(url)?.findOrigin(Number(line), Number(column));
  return origin?.lineNumber === undefined ? place : `${url}:${origin.lineNumber}:${origin.columnNumber}`;
}

enableCompileCache(join(CACHE, 'v8'));
