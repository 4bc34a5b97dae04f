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

test('an error names the line of the source as it was written', () => {
  const file = join(folder(), 'fault.ts');
  writeFileSync(
    file,
    `interface Guest {\n  name: string;\n}\nconst guest: Guest | undefined = undefined;\n
console.log(new Error('no guest').stack?.split('\\n')[1], guest);\n`,
  );
  const said = execFileSync(process.execPath, [...AS_TYPESCRIPT, file], { encoding: 'utf8' });
  expect(said).toMatch(/^ {4}at file:.*fault\.ts:6:13 undefined\n$/);
});
