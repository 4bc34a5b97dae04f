/** A batch file is one item: it arrives with its envelopes as it was, and what is wrong with it is said. */
import { expect, test } from '@jest/globals';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../../kernel/clock.ts';
import { openConnectorHost } from '../../../plugins/host/index.ts';
import { examine } from '../../../records/examine.ts';
import { HL7_CODEC } from '../../../records/hl7v2/codec.ts';
import { rewritten } from '../../records/rewritten.ts';
import { temporaryFolders } from '../../support/places.ts';
import { all, never, parcel, whole } from '../host/house.ts';

const folder = temporaryFolders();
const message = (id: string, name: string): string =>
  `MSH|^~\\&|WARD|SITE|LAB|SITE|20260101||ADT^A24|${id}|P|2.5.1||||||8859/1\rPID|1||42||${name}\r`;

/** Two files one within the other, one batch without a trailer, one count that is wrong, line ends of two kinds. */
const BATCH = Buffer.from(
  `FHS|^~\\&|A\rBHS|^~\\&|A\r${message('1', 'M\u00fcller')}BTS|1|\r\n` +
    `FHS|^~\\&|B\rBHS|^~\\&|B\r${message('2', 'x')}\rBHS|^~\\&|C\r${message('3', '')}BTS|7\rFTS|2\rFTS`,
  'latin1',
);

test('a batch file is moved whole, and its messages are read and written again between its envelopes', async () => {
  const [source, target] = [folder(), folder()];
  await mkdir(join(source, 'queue'));
  await writeFile(join(source, 'queue/batch.hl7'), BATCH);
  const host = await openConnectorHost({
    packages: ['@waybill/connector-hl7-file-drop'],
    spoolDirectory: folder(),
    environment: () => undefined,
    log: () => {},
    clock: systemClock,
  });
  const endpoint = (at: string) => ({ connector: 'hl7-file-drop', config: { folder: at }, secrets: {} });
  const [from, to] = [await host.source(endpoint(source), never()), await host.target(endpoint(target), never())];
  const paths = (await all(from.list(never()))).map(({ path }) => path);
  expect(paths).toEqual(['queue/batch.hl7']);
  const about = parcel('queue/batch.hl7', BATCH.byteLength);
  await to.commit(about, await to.stage(about, from.read('queue/batch.hl7', 0, never()), never()), never());
  expect(await readdir(join(target, 'queue'))).toEqual(['batch.hl7']);
  expect(await readFile(join(target, 'queue/batch.hl7'))).toEqual(BATCH);

  const arrived = await whole(to.read('queue/batch.hl7', 0, never()));
  const { shape, problems } = await examine('hl7v2', 'queue/batch.hl7', arrived);
  expect(shape?.records).toBe(3);
  expect(problems.map(({ code, position }) => `${code} ${position}`)).toEqual([
    'FILE_TRAILER_MISSING after message 1 FTS',
    'BATCH_TRAILER_MISSING after message 2 BTS',
    'COUNT_MISMATCH after message 3 BTS-1',
    'FILE_HEADER_MISSING after message 3 FHS',
  ]);
  const { records, written } = await rewritten(HL7_CODEC, arrived);
  expect(records.map(({ record }) => record.controlId)).toEqual(['1', '2', '3']);
  expect(written).toEqual(BATCH);
  await host.close();
});
