import { expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openCheckpoint } from '../../../subgraphs/audit/domain/checkpoint.ts';
import { readEntry } from '../../../subgraphs/audit/domain/entry.ts';
import { auditStore } from '../../../subgraphs/audit/store/store.ts';
import { onEveryDialect, type Place } from '../../support/databases.ts';
import { naiveRoot } from '../domain/naive-tree.ts';
import { openLog } from '../log-house.ts';
import { checkLog } from '../oracle.ts';
import { AS_TYPESCRIPT } from '../../support/typescript.ts';

/** After how many acknowledged commits each child is killed: uneven, so that it dies at different steps. */
const LIVES = [1, 7, 2, 33, 64, 18, 90, 41];
const CHILD = join(import.meta.dirname, 'sequencing-child.ts');

onEveryDialect('a log whose process is killed again and again', (dialect) => {
  test('loses no acknowledged entry, has none twice, and never takes back what it published', async () => {
    const place = await dialect.enter();
    try {
      const acknowledged = new Set<string>();
      const published: string[] = [];
      for (const [round, commits] of LIVES.entries()) {
        for (const id of await liveAndDie(place, round, commits)) acknowledged.add(id);
        published.push(readFileSync(join(place.directory, 'log', 'checkpoint'), 'utf8'));
      }
      const { sequencer } = await openLog(await place.open([auditStore]), place.directory);
      while ((await sequencer.step()) > 0);
      const { entries } = checkLog(place.directory, sequencer.verifier);
      const ids = new Set(entries.map((bytes) => readEntry(bytes)?.id ?? ''));
      expect([...acknowledged].filter((id) => !ids.has(id))).toEqual([]);
      const old = published.map((note) => openCheckpoint(note, sequencer.verifier));
      expect(old.map((each) => each?.root)).toEqual(old.map((each) => naiveRoot(entries.slice(0, each?.size))));
      expect(new Set(old.map((each) => each?.size)).size).toBeGreaterThan(3);
    } finally {
      await place.leave();
    }
  });
});

/** Runs a child until it has acknowledged so many commits, kills it, and gives the ids it acknowledged. */
async function liveAndDie(place: Place, round: number, commits: number): Promise<readonly string[]> {
  const args = [...AS_TYPESCRIPT, CHILD, place.directory, place.url ?? '', String(round)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (bytes: Buffer) => (complaint += bytes.toString()));
  const ended = once(child, 'close');
  const acknowledged: string[] = [];
  let seen = 0;
  for await (const line of createInterface(child.stdout)) {
    acknowledged.push(...line.split(' '));
    if (++seen === commits) child.kill('SIGKILL');
  }
  const [code, signal] = await ended;
  if (signal !== 'SIGKILL') throw new Error(`the child ended with ${String(code)}: ${complaint}`);
  return acknowledged;
}
