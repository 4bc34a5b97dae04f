/** TypeScript runs as it is written, and never as it was before. */
import { expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolders } from '../support/places.ts';
import { AS_TYPESCRIPT } from '../support/typescript.ts';

const folder = temporaryFolders();

test('a source that has changed since it was compiled is compiled anew, decorators and all', () => {
  const file = join(folder(), 'greeting.ts');
  const run = () => execFileSync(process.execPath, [...AS_TYPESCRIPT, file], { encoding: 'utf8' });
  const greeting = (word: string) => `
    const say = (word: string) => (made: new () => object) => console.log(word, made.name);
    @say('${word}') class Guest { private readonly name?: string; }
  `;
  writeFileSync(file, greeting('welcome'));
  expect([run(), run()]).toEqual(['welcome Guest\n', 'welcome Guest\n']);
  writeFileSync(file, greeting('goodbye'));
  expect(run()).toBe('goodbye Guest\n');
});
