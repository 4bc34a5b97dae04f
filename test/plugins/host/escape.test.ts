/** Every way out that we know of is tried, with nothing in its way, with each wall alone, and with all of them. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { spawn, type StdioOptions } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import type { Readable, Writable } from 'node:stream';
import type { IsolationLevel } from '../../../plugins/host/index.ts';
import { isolationHere } from '../../../plugins/host/isolate/tried.ts';
import { begun, FILTER_FD } from '../../../plugins/host/isolate/wall.ts';
import { temporaryFolders } from '../../support/places.ts';
import { enterHostileHouse, layBait } from './hostile-package.ts';
import { ESCAPES } from './hostile/escapes.js';
import { never } from './house.ts';

const README = join(import.meta.dirname, '..', '..', '..', 'plugins', 'host', 'README.md');
type Outcomes = Readonly<Record<string, string>>;

/** What Node's permission model does not see: README.md says so. */
const OPEN_WITHOUT_NAMESPACES = [
  'reads through a symlink among its dependencies',
  'signals the host',
  'slows the host down',
  'takes the rights of another user',
  'sees the networks of the machine',
  'learns the name of the machine',
  'connects around what was laid over sockets',
  'connects to a socket that is a file',
  'connects to a socket that has a name only',
  'sends a datagram to this machine',
  'asks a name service by itself',
];
/** What harms nobody behind the wall, or is the business of the permission model or of the host alone. */
const OPEN_WITHOUT_PERMISSIONS = [
  'starts a thread',
  'asks Node for its bindings',
  'opens a debugger',
  'lets itself be debugged by a signal',
  'runs a system of its own (WASI)',
  'reads a secret that the plan does not name',
];
/** What nobody gets to here, even with nothing in the way: nobody is at the other end, or it takes another user. */
const CLOSED_TO_ALL = [
  'asks for a metadata service',
  'connects to an address that is not listed',
  'opens a disk of the machine',
  ...(process.getuid?.() === 0
    ? []
    : ['reads the memory of the host', 'writes a setting of the kernel', 'takes the rights of another user']),
];

const names = Object.keys(ESCAPES);
const { level, lacking } = await isolationHere();
const walled = level === 'namespaces' ? test : test.skip;
const because = lacking === undefined ? '' : ` (skipped: ${lacking})`;
const freshFolder = temporaryFolders();

async function outcomesAt(where: IsolationLevel): Promise<Outcomes> {
  const bait = await layBait(freshFolder());
  const { host, endpoint } = await enterHostileHouse(bait, where);
  try {
    return await host.check(endpoint(bait), never());
  } finally {
    await host.close();
  }
}

/** Without a host, and where `isWalled` behind the wall, but without the permission model. */
async function outcomesAlone(around: 'nothing' | 'a wall'): Promise<Outcomes> {
  const { folder, ...bait } = await layBait(freshFolder());
  const node = ['--inspect-port=0', join(folder, 'alone.js'), JSON.stringify(bait)];
  const start =
    around === 'nothing' ? { command: process.execPath, arguments: node } : begun('namespaces', [folder], node);
  const env = around === 'nothing' ? process.env : {};
  const stdio: StdioOptions = ['ignore', 'pipe', 'ignore', 'ignore', 'pipe'];
  // What a careless host would leave open; a socket is among the others.
  const left =
    around === 'nothing' ? [folder, join(folder, 'alone.js'), '/dev/zero'].map((path) => openSync(path, 'r')) : [];
  const child = spawn(start.command, start.arguments, { env, stdio: [...stdio, ...left] });
  for (const file of left) closeSync(file);
  if ('filter' in start) (child.stdio[FILTER_FD] as Writable).end(start.filter);
  return (await json(child.stdio[1] as Readable)) as Outcomes;
}

const out = (outcomes: Outcomes): readonly string[] =>
  names.filter((name) => outcomes[name]?.startsWith('out: ') !== false);

describe('the walls', () => {
  test('are needed: with nothing in the way, every attempt gets out', async () => {
    const gotOut = out(await outcomesAlone('nothing'));
    expect(names.filter((name) => !gotOut.includes(name) && !CLOSED_TO_ALL.includes(name))).toEqual([]);
  });

  test('of the permission model and the host leave open what the README says', async () => {
    const gotOut = out(await outcomesAt('child-process'));
    expect(gotOut.filter((name) => !OPEN_WITHOUT_NAMESPACES.includes(name))).toEqual([]);
    const said = readFileSync(README, 'utf8').replace(/\s+/g, ' ');
    expect(OPEN_WITHOUT_NAMESPACES.filter((name) => !said.includes(name))).toEqual([]);
  });

  walled(`of the kernel hold by themselves, should the permission model fail${because}`, async () => {
    const gotOut = out(await outcomesAlone('a wall'));
    expect(gotOut.filter((name) => !OPEN_WITHOUT_PERMISSIONS.includes(name))).toEqual([]);
  });
});

describe('behind all of them, a third-party connector does not get out', () => {
  let outcomes: Outcomes = {};
  beforeAll(async () => {
    if (level === 'namespaces') outcomes = await outcomesAt('namespaces');
  });

  walled.each(names)(`when it %s${because}`, (name) => {
    expect(outcomes[name]).toBeDefined();
    expect(outcomes[name]).not.toMatch(/^out: /);
  });
});
