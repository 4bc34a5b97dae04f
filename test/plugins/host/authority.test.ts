/** A connector of its own process has no files: of the authority that the plan names it gets the certificates alone. */
import { expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withAuthority } from '../../../plugins/host/isolate/authority.ts';
import { temporaryFolders } from '../../support/places.ts';

const freshFolder = temporaryFolders();
const pem = (what: string, text: string) => `-----BEGIN ${what}-----\n${text}\n-----END ${what}-----\n`;

function written(text: string): string {
  const path = join(freshFolder(), 'ca.pem');
  writeFileSync(path, text);
  return path;
}

test('the certificates are handed over as text, and the key that lies beside them is not', async () => {
  const [one, two] = [pem('CERTIFICATE', 'MIIone'), pem('CERTIFICATE', 'MIItwo')];
  const ca = written(`subject=somebody\n${one}${pem('PRIVATE KEY', 'MIIkey')}${two}`);
  expect(await withAuthority({ host: 'h', ca })).toEqual({ host: 'h', ca: one + two });
});

test.each([
  ['text of its own', { ca: pem('CERTIFICATE', 'MIIone') }],
  ['none', { host: 'h' }],
  ['something else', { ca: 7 }],
])('%s is left as it is', async (_, config) => {
  expect(await withAuthority(config)).toEqual(config);
});

test.each([
  ['there is none', () => '/nowhere/ca.pem', 'cannot be read'],
  ['it is no authority', () => written('password=secret'), 'holds no PEM certificate'],
  ['half of it is missing', () => written('-----BEGIN CERTIFICATE-----\nMII'), 'holds no whole certificate'],
  ['it never ends', () => written(pem('CERTIFICATE', 'x'.repeat(1_100_000))), 'holds too much'],
])('a file is not handed over where %s', async (_, ca, said) => {
  const failed = expect(withAuthority({ ca: ca() })).rejects;
  await failed.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(said) });
});
