/** docs/requirements.md tells the truth it can be held to: every id once, a known status, tests that are there. */
import { describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..', '..');
const SECTIONS: Readonly<Record<string, number>> = {
  A: 28,
  B: 14,
  C: 11,
  D: 25,
  E: 13,
  F: 29,
  G: 12,
  H: 17,
  I: 6,
  J: 46,
  K: 25,
  L: 14,
  M: 14,
  N: 11,
  O: 6,
  P: 15,
  Q: 16,
  T: 3,
};
const text = readFileSync(join(ROOT, 'docs', 'requirements.md'), 'utf8');
const rows = [...text.matchAll(/^\| ([A-Z]\d\d) \| (.+?) \| (.+?) \| (.*?) \| (.*?) \|$/gm)].map(
  ([, id = '', , status = '', where = '', proof = '']) => ({ id, status, where, proof: proof.trim() }),
);

describe('the list of requirements', () => {
  test('names every id once', () => {
    const expected = Object.entries(SECTIONS).flatMap(([section, count]) =>
      Array.from({ length: count }, (_, at) => `${section}${String(at + 1).padStart(2, '0')}`),
    );
    expect(rows.map(({ id }) => id).sort()).toEqual(expected.sort());
  });

  test('gives each a status, and says where it is met or which work it belongs to', () => {
    const wrong = rows.filter(({ status, where }) => !['met', 'in part', 'not yet'].includes(status) || where === '');
    expect(wrong).toEqual([]);
  });

  test('names a test that is there for everything it calls met, and for every part', () => {
    const wrong = rows.filter(({ status, proof }) => {
      if (status === 'not yet') return proof !== '';
      return proof.split(', ').some((each) => {
        const path = join(ROOT, each);
        return each === '' || !existsSync(path) || (statSync(path).isFile() && !each.endsWith('.test.ts'));
      });
    });
    expect(wrong).toEqual([]);
  });

  test('counts at its head what stands in its rows', () => {
    const count = (of: string) => rows.filter(({ status }) => status === of).length;
    const counted = `Met ${count('met')}, in part ${count('in part')}, not yet ${count('not yet')}.`;
    expect(/^Met .*$/m.exec(text)?.[0]).toBe(counted);
  });
});

describe('the readme', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');

  test('links to files that are there', () => {
    const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path = '']) => path);
    expect(links.length).toBeGreaterThan(4);
    expect(links.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  test('names every room of the house, and no room that is not there', () => {
    const block = /```\nkernel\/[^]*?```/.exec(readme)?.[0] ?? '';
    const rooms = [...block.matchAll(/(?:^|\s)([a-z]+)\/ /gm)].map(([, room = '']) => room);
    expect(rooms.filter((room) => !existsSync(join(ROOT, room)))).toEqual([]);
    for (const room of ['kernel', 'records', 'runtime', 'schema', 'gateway', 'subgraphs', 'plugins', 'cli', 'test'])
      expect(rooms).toContain(room);
  });
});
