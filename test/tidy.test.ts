/** The rules of the house are ordinary tests: no rule exists that is not checked. */
import { describe, expect, test } from '@jest/globals';
import { resolve } from 'node:path';
import { inspect, sourceFiles } from './support/inspect.ts';
import { CLOSED } from './support/house-plan.ts';

const closedFiles = Object.entries(CLOSED).flatMap(([room, list]) =>
  Object.keys(list).map((name): [string, string] => [`${room}/${name}`, '']),
);
const inspectOne = (file: string, text: string) => inspect(new Map([...closedFiles, [file, text]]));

describe('the house', () => {
  test('stands as its plan says', () => {
    expect(inspect(sourceFiles(resolve(import.meta.dirname, '..')))).toEqual([]);
  });
});

describe('the inspection finds', () => {
  test.each([
    [
      'a subgraph that reaches into another',
      'subgraphs/transfer/work/x.ts',
      "import { a } from '../../audit/domain/a.ts';",
      'may not import',
    ],
    [
      'a domain that does I/O',
      'subgraphs/audit/domain/x.ts',
      "import { readFileSync } from 'node:fs';",
      'may not import',
    ],
    [
      'a connector that knows the kernel',
      'plugins/sftp/x.ts',
      "import { Fault } from '../../kernel/fault.ts';",
      'may not import',
    ],
    [
      'a connector that reaches into another',
      'plugins/https-api/x.ts',
      "import { Root } from '@waybill/connector-sftp/files';",
      'may not import',
    ],
    ['a kernel that needs a package', 'kernel/id.ts', "import { z } from 'zod';", 'may not import'],
    ['a file in no room', 'stuff/x.ts', '', 'no room'],
    ['a long file', 'records/x.ts', 'x\n'.repeat(301), '301 lines'],
    ['a long function', 'records/x.ts', `function f() {\n${'  a();\n'.repeat(60)}}\n`, 'a function of'],
    ['a wide line', 'records/x.ts', 'x'.repeat(121), 'wider than'],
    ['a banned name', 'records/utils.ts', '', 'banned'],
    ['a second home of the environment', 'records/x.ts', 'const a = process.env;', 'runtime/config.ts'],
    ['a second home of the clock', 'records/x.ts', 'const a = new Date();', 'Clock'],
    ['an any', 'records/x.ts', 'const a: any = 1;', 'unknown'],
    ['a non-null assertion', 'records/x.ts', 'const b = a!.c;', 'narrow'],
    ['a new file in a closed list', 'kernel/extra.ts', '', 'closed list'],
  ])('%s', (_, file, text, expected) => {
    expect(inspectOne(file, text).join('\n')).toContain(expected);
  });

  test('an import cycle', () => {
    const files = new Map([
      ...closedFiles,
      ['records/a.ts', "import './b.ts';\nimport { b } from './b.ts';"],
      ['records/b.ts', "import { a } from './a.ts';"],
    ]);
    expect(inspect(files).join('\n')).toContain('import cycle');
  });
});
