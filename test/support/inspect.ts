/** Reads the tree as text and says where it departs from the plan of the house. */
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import {
  BANNED_NAMES,
  BANNED_TEXT,
  CLOSED,
  COLUMNS_MAX,
  FUNCTION_LINES_MAX,
  LINES_MAX,
  OPEN_ROOMS,
  PLAN,
  type Room,
} from './house-plan.ts';

/** Written by a program: statements of a store's schema. */
const GENERATED = /\/store\/migrations\/\d/;
const SKIPPED = /(^|\/)(node_modules|dist|coverage|\.git)(\/|$)/;

export function sourceFiles(root: string): ReadonlyMap<string, string> {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((name) => name.split('\\').join('/'))
    .filter((name) => /\.(ts|mts|tsx)$/.test(name) && !SKIPPED.test(name))
    .sort();
  return new Map(names.map((name) => [name, readFileSync(posix.join(root, name), 'utf8')]));
}

/** Every departure, as `file[:line]: what is wrong`. Empty when the house stands as planned. */
export function inspect(files: ReadonlyMap<string, string>): string[] {
  const wrong: string[] = [];
  const imports = new Map<string, string[]>();
  for (const [file, text] of files) {
    wrong.push(...inspectSizes(file, text), ...inspectWords(file, text));
    const { local, packages } = importsOf(file, text);
    imports.set(file, local);
    wrong.push(...inspectImports(file, local, packages));
  }
  for (const cycle of findCycles(imports)) wrong.push(`import cycle: ${cycle.join(' -> ')}`);
  return [...wrong, ...inspectClosedLists(files)];
}

function inspectSizes(file: string, text: string): string[] {
  const lines = text.split('\n');
  const wrong: string[] = [];
  if (lines.length - 1 > LINES_MAX) wrong.push(`${file}: ${lines.length - 1} lines; the limit is ${LINES_MAX}`);
  if (BANNED_NAMES.test(file)) wrong.push(`${file}: say what it is for; this name is banned`);
  lines.forEach((line, at) => {
    if (line.length > COLUMNS_MAX && !GENERATED.test(file))
      wrong.push(`${file}:${at + 1}: wider than ${COLUMNS_MAX} columns`);
  });
  if (!isOpen(file)) wrong.push(...longFunctions(file, lines));
  return wrong;
}

const DECLARED = String.raw`function\b|(const|let) \w+ = (async )?\(`;
const METHOD = String.raw`(private |public |protected |static |override )*(async )?\*?#?\w+\(.*\{$`;
const FUNCTION_START = new RegExp(`^( *)(export )?(async )?(${DECLARED}|${METHOD})`);

/** The formatter closes a function at the column it opened in, which is enough to measure one. */
function longFunctions(file: string, lines: readonly string[]): string[] {
  const wrong: string[] = [];
  lines.forEach((line, at) => {
    const indent = FUNCTION_START.exec(line)?.[1];
    if (indent === undefined || !/[{(]$/.test(line) || /^\s*(if|for|while|switch|return|await|else)\b/.test(line))
      return;
    const end = lines.findIndex((later, index) => index > at && new RegExp(`^ {${indent.length}}\\}`).test(later));
    if (end - at + 1 > FUNCTION_LINES_MAX)
      wrong.push(`${file}:${at + 1}: a function of ${end - at + 1} lines; the limit is ${FUNCTION_LINES_MAX}`);
  });
  return wrong;
}

function inspectWords(file: string, text: string): string[] {
  const wrong: string[] = [];
  withoutTemplates(text)
    .split('\n')
    .forEach((line, at) => {
      if (/^\s*(\*|\/\/|\/\*)/.test(line)) return;
      for (const { pattern, instead, except } of BANNED_TEXT)
        if (pattern.test(withoutStrings(line)) && !except.test(file)) wrong.push(`${file}:${at + 1}: ${instead}`);
    });
  return wrong;
}

/** Blanks what stands in template literals, GraphQL and SQL mostly, and keeps the lines. */
function withoutTemplates(text: string): string {
  return text.replace(/`(?:[^`\\]|\\[^])*`/g, (literal) => literal.replace(/[^\n]/g, ' '));
}

function withoutStrings(line: string): string {
  return line
    .replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`|\/(?![*/])(?:[^/\\[\n]|\\.|\[[^\]]*\])+\/[a-z]*/g, '0')
    .replace(/\/\/.*$/, '');
}

const CONNECTOR = '@waybill/connector-';

/** The file behind `sdk` or `sdk/tls`, as our packages name their entries. */
function entryOf(name: string): string {
  const [room, entry = 'index'] = name.split('/');
  return `plugins/${room}/${entry}.ts`;
}

export function importsOf(file: string, text: string): { readonly local: string[]; readonly packages: string[] } {
  const local: string[] = [];
  const packages: string[] = [];
  for (const [, from = ''] of text.matchAll(
    /(?:^|\n)\s*(?:import|export)\b[^'"\n]*?(?:\n[^'"]*?)?from\s+'([^']+)'|import\('([^']+)'\)/g,
  )) {
    if (from.startsWith('.')) local.push(posix.normalize(posix.join(posix.dirname(file), from)));
    else if (from.startsWith(CONNECTOR)) local.push(entryOf(from.slice(CONNECTOR.length)));
    else if (from !== '') packages.push(from);
  }
  return { local, packages };
}

interface Place {
  readonly plan: Room;
  readonly star: string;
}

function placeOf(file: string): Place | undefined {
  for (const plan of PLAN) {
    const match = new RegExp(`^${plan.room.replace('*', '([^/]+)')}/`).exec(file);
    if (match) return { plan, star: match[1] ?? '' };
  }
  return undefined;
}

function isOpen(file: string): boolean {
  return OPEN_ROOMS.some((room) => file.startsWith(`${room}/`)) || file.endsWith('.test.ts');
}

function inspectImports(file: string, local: readonly string[], packages: readonly string[]): string[] {
  if (isOpen(file)) return [];
  const here = placeOf(file);
  if (!here) return [`${file}: stands in no room of the plan`];
  const wrong = local.filter((to) => !isAllowed(here, to)).map((to) => `${file}: may not import ${to}`);
  const allowed = here.plan.packages;
  if (allowed)
    wrong.push(...packages.filter((name) => !allowed.test(name)).map((name) => `${file}: may not import ${name}`));
  return wrong;
}

function isAllowed(here: Place, to: string): boolean {
  const there = placeOf(to);
  if (there && there.plan === here.plan && there.star === here.star) return true;
  return here.plan.mayImport.some((pattern) => {
    const text = pattern.replace('*', here.star).replace('?', '[^/]+').replaceAll('.', '\\.').replace('[^/]+', '[^/]+');
    const room = new RegExp(pattern.endsWith('.ts') ? `^${text}$` : `^${text}/`);
    return room.test(to);
  });
}

export function findCycles(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const done = new Set<string>();
  const cycles: string[][] = [];
  const walk = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file]);
    else if (!done.has(file)) {
      for (const next of imports.get(file) ?? []) walk(next, [...path, file]);
      done.add(file);
    }
  };
  for (const file of imports.keys()) walk(file, []);
  return cycles;
}

function inspectClosedLists(files: ReadonlyMap<string, string>): string[] {
  const wrong: string[] = [];
  for (const [room, list] of Object.entries(CLOSED)) {
    const found = [...files.keys()]
      .filter((file) => file.startsWith(`${room}/`))
      .map((file) => file.slice(room.length + 1));
    wrong.push(...found.filter((name) => !(name in list)).map((name) => `${room}/${name}: not on the closed list`));
    wrong.push(
      ...Object.keys(list)
        .filter((name) => !found.includes(name))
        .map((name) => `${room}/${name}: listed, but gone`),
    );
  }
  return wrong;
}
