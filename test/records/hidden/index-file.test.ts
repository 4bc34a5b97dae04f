import { expect, test } from '@jest/globals';
import { placesOf } from '../../../records/hidden/paths.ts';
import { see } from './seen.ts';

test('the cells of an index name scanned pages, quoted or not, by either kind of slash', async () => {
  const index = 'id|file|pages\n1|scans\\a1.tif|2\n2|"scans/b 2.TIFF"|1\n3|none|0\n';
  const { counts, paths } = await see('delimited', index);
  expect(counts).toEqual({ 'indexed-page': 2 });
  expect(paths).toEqual(['scans\\a1.tif', 'scans/b 2.TIFF']);
});

test('an address elsewhere and an absolute path are counted, and not looked for', async () => {
  const { counts, paths } = await see('delimited', 'a,https://x.invalid/1.pdf\nb,/mnt/2.pdf\nc,..\\3.pdf\n');
  expect(counts).toEqual({ 'indexed-page': 3 });
  expect(paths).toEqual(['..\\3.pdf']);
});

test('a pointer may lead beside its item or from the root, and never above it', () => {
  expect(placesOf('batch1/index.txt', 'scans\\a.tif')).toEqual(['batch1/scans/a.tif', 'scans/a.tif']);
  expect(placesOf('batch1/index.txt', '../scans/a.tif')).toEqual(['scans/a.tif']);
  expect(placesOf('index.txt', '../../etc/passwd.txt')).toEqual([]);
});
