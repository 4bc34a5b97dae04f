import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { link, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../kernel/clock.ts';
import { type ConnectorHost, type EndpointSettings, openConnectorHost } from '../../../plugins/host/index.ts';
import type { Acknowledgement, Receipt, Target } from '../../../plugins/sdk/index.ts';
import { nameOf } from '../../../plugins/sdk/hl7.ts';
import { never, once, parcel, whole } from '../host/house.ts';

const STAGING = '.waybill-staged';
let directory: string;
let folder: string;
let answers: string;
let host: ConnectorHost;
let log: { fact: string; facts: object | undefined }[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drop-'));
  folder = join(directory, 'drop');
  answers = join(directory, 'answers');
  await mkdir(folder);
  await mkdir(answers);
  log = [];
  host = await openConnectorHost({
    packages: ['@waybill/connector-hl7-file-drop'],
    spoolDirectory: join(directory, 'spool'),
    environment: () => undefined,
    log: (fact, facts) => log.push({ fact, facts }),
    clock: systemClock,
    limits: { backoffFirstMs: 1, backoffMostMs: 2 },
  });
});
afterEach(async () => {
  await host.close();
  await rm(directory, { recursive: true, force: true });
});

const endpoint = (seconds = 1, at = answers): EndpointSettings => ({
  connector: 'hl7-file-drop',
  config: { folder, acknowledgements: { folder: at, seconds } },
  secrets: {},
});
const message = (id: string, modes = '', rest = ''): string =>
  `MSH|^~\\&|WARD|SITE|LAB|SITE|20260101||ORU^R01|${id}|P|2.5.1|||${modes}\rPID|1||42\r${rest}`;
const answer = (code: string, id: string): string =>
  `MSH|^~\\&|LAB|SITE|WARD|SITE|20260101||ACK|r-${id}|P|2.5.1\rMSA|${code}|${id}\r`;
const says = (name: string, text: string): Promise<void> => writeFile(join(answers, name), text);

async function deliver(target: Target, path: string, text: string): Promise<Receipt> {
  const about = parcel(path, Buffer.byteLength(text));
  return target.commit(about, await target.stage(about, once(text), never()), never());
}
/** As another component hears it, over an opening of its own. */
async function heard(path: string, seconds = 1): Promise<Acknowledgement | undefined> {
  return (await host.target(endpoint(seconds), never())).acknowledgement?.(path, never());
}

describe('what the receiver of a drop folder says', () => {
  const original = '';
  const enhanced = 'AL|AL';
  test.each([
    [original, ['AA'], { outcome: 'accepted', level: 'application', code: 'AA' }],
    [original, ['AE'], { outcome: 'refused', level: 'application', code: 'AE' }],
    [original, ['AR'], { outcome: 'refused', level: 'application', code: 'AR' }],
    [original, ['CA'], { outcome: 'missing', level: 'accept', code: 'CA' }],
    [enhanced, ['CA'], { outcome: 'missing', level: 'accept', code: 'CA' }],
    [enhanced, ['CA', 'AA'], { outcome: 'accepted', level: 'application', code: 'AA CA' }],
    [enhanced, ['CE'], { outcome: 'refused', level: 'accept', code: 'CE' }],
    [enhanced, ['CA', 'AE'], { outcome: 'refused', level: 'application', code: 'AE CA' }],
    ['AL|NE', ['CA'], { outcome: 'accepted', level: 'accept', code: 'CA' }],
    ['AL|NE', ['CR'], { outcome: 'refused', level: 'accept', code: 'CR' }],
    [original, [], { outcome: 'missing', level: null }],
  ])('to a message that asks for %j it says %j', async (modes, codes, said) => {
    await deliver(await host.target(endpoint(), never()), 'a.hl7', message('id-1', modes));
    for (const code of codes) await says(`${code}.ack`, answer(code, 'id-1'));
    expect(await heard('a.hl7')).toMatchObject({ ...said, about: nameOf('id-1') });
  });

  test('what was both accepted and refused is refused, in whichever order it was said', async () => {
    await deliver(await host.target(endpoint(), never()), 'a.hl7', message('id-1'));
    await says('1.ack', answer('AA', 'id-1'));
    await says('2.ack', answer('AR', 'id-1'));
    expect(await heard('a.hl7')).toMatchObject({ outcome: 'refused', code: 'AA AR' });
  });

  test('it is waited for, but not beyond its time; one that comes later is heard when asked again', async () => {
    const target = await host.target(endpoint(100), never());
    await deliver(target, 'a.hl7', message('id-1'));
    const asked = heard('a.hl7', 100);
    await says('1.ack', answer('AA', 'id-1'));
    expect(await asked).toMatchObject({ outcome: 'accepted' });
    await deliver(target, 'b.hl7', message('id-2'));
    expect(await heard('b.hl7')).toMatchObject({ outcome: 'missing' });
    await says('2.ack', answer('AA', 'id-2'));
    expect(await heard('b.hl7')).toMatchObject({ outcome: 'accepted' });
  });

  test('half an answer, another one and garbage are none, and what cannot be read is counted', async () => {
    await deliver(await host.target(endpoint(), never()), 'a.hl7', message('id-1'));
    await says('half.ack', answer('AA', 'id-1').slice(0, -1));
    await says('other.ack', answer('AA', 'id-10'));
    await says('garbage.ack', '\0\xff no message');
    await says('code.ack', answer('XX', 'id-1'));
    await says('later.part', answer('AA', 'id-1'));
    expect(await heard('a.hl7')).toMatchObject({ outcome: 'missing', level: null });
    const counted = expect.objectContaining({ files: 3 });
    expect(log).toContainEqual({ fact: 'drop-acknowledgements-unreadable', facts: counted });
    await says('half.ack', answer('AA', 'id-1'));
    expect(await heard('a.hl7')).toMatchObject({ outcome: 'accepted' });
  });

  test('several answers in one file, and lines that end as on other systems, are understood', async () => {
    const target = await host.target(endpoint(), never());
    await deliver(target, 'a.hl7', message('id-1'));
    await deliver(target, 'b.hl7', message('id-2'));
    await says('both.ack', (answer('AA', 'id-1') + answer('AE', 'id-2')).replaceAll('\r', '\r\n'));
    expect(await heard('a.hl7')).toMatchObject({ outcome: 'accepted' });
    expect(await heard('b.hl7')).toMatchObject({ outcome: 'refused' });
  });

  test('a folder for them that is missing, or that lies in the drop folder, is a setting to correct', async () => {
    await mkdir(join(folder, 'acks'));
    for (const at of ['/no/such/folder', folder, join(folder, 'acks')]) {
      await expect(host.check(endpoint(1, at), never())).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    }
  });
});

describe('placing what will be acknowledged', () => {
  test('what the receiver took away is not placed again, cannot be read back, and is still answered for', async () => {
    const target = await host.target(endpoint(), never());
    const about = parcel('a.hl7');
    const staged = await target.stage(about, once(message('id-1')), never());
    await target.commit(about, staged, never());
    await rm(join(folder, 'a.hl7'));
    expect(await target.commit(about, staged, never())).toEqual({ targetId: 'a.hl7' });
    await deliver(target, 'a.hl7', message('id-1'));
    expect(await readdir(folder)).toEqual([STAGING]);
    await expect(whole(target.read('a.hl7', 0, never()))).rejects.toMatchObject({ code: 'NOT_READABLE' });
    await expect(whole(target.read('b.hl7', 0, never()))).rejects.toMatchObject({ code: 'ITEM_NOT_FOUND' });
    await says('1.ack', answer('AA', 'id-1'));
    expect(await heard('a.hl7')).toMatchObject({ outcome: 'accepted' });
  });

  test('what may have been placed and taken before a stop is in doubt, unless its receiver has answered', async () => {
    const target = await host.target(endpoint(), never());
    const about = parcel('a.hl7');
    const staged = await target.stage(about, once(message('id-1')), never());
    const [name = ''] = await readdir(join(folder, STAGING));
    const place = join(folder, STAGING, name);
    await link(place, join(directory, 'kept'));
    await target.commit(about, staged, never());
    // The stop: it was linked into place, that was not written down yet, and the receiver was quick.
    for (const note of await readdir(join(folder, STAGING, 'sent'))) {
      if (note.endsWith('.placed')) await rm(join(folder, STAGING, 'sent', note));
    }
    await rm(join(folder, 'a.hl7'));
    await link(join(directory, 'kept'), place);
    await expect(target.commit(about, staged, never())).rejects.toMatchObject({ code: 'DELIVERY_IN_DOUBT' });
    expect(await readdir(folder)).toEqual([STAGING]);
    await says('1.ack', answer('AA', 'id-1'));
    const again = await host.target(endpoint(), never());
    expect(await again.commit(about, staged, never())).toEqual({ targetId: 'a.hl7' });
    expect(await readdir(folder)).toEqual([STAGING]);
  });

  test('a place that is taken leaves no trace: once it is free, the message is placed', async () => {
    const target = await host.target(endpoint(), never());
    await writeFile(join(folder, 'a.hl7'), 'somebody else');
    await expect(deliver(target, 'a.hl7', message('id-1'))).rejects.toMatchObject({ code: 'ITEM_CONFLICT' });
    await rm(join(folder, 'a.hl7'));
    await deliver(target, 'a.hl7', message('id-1'));
    expect(String(await readFile(join(folder, 'a.hl7')))).toBe(message('id-1'));
  });

  test('two items under one control id, and one that was answered before it was placed, are told', async () => {
    const target = await host.target(endpoint(), never());
    await says('old.ack', answer('AA', 'id-9'));
    await deliver(target, 'a.hl7', message('id-1'));
    await expect(deliver(target, 'b.hl7', message('id-1'))).rejects.toMatchObject({ code: 'ITEM_CONFLICT' });
    await expect(deliver(target, 'c.hl7', message('id-9'))).rejects.toMatchObject({ code: 'ITEM_CONFLICT' });
    expect((await readdir(folder)).sort()).toEqual([STAGING, 'a.hl7']);
  });

  test('of two items that are placed under one control id at once, one is', async () => {
    const target = await host.target(endpoint(), never());
    const both = ['a.hl7', 'b.hl7'].map((path) => deliver(target, path, message('id-1')));
    const ended = (await Promise.allSettled(both)).map(({ status }) => status);
    expect(ended.sort()).toEqual(['fulfilled', 'rejected']);
    expect((await readdir(folder)).filter((name) => name !== STAGING)).toHaveLength(1);
  });

  test.each([
    ['a batch', `FHS|^~\\&\r${message('id-1')}`],
    ['two messages', message('id-1') + message('id-2')],
    ['no message', 'a letter'],
    ['nothing', ''],
    ['a message that asks for no acknowledgement', message('id-1', 'NE|NE')],
  ])('%s is refused before anybody can see it', async (_, text) => {
    const target = await host.target(endpoint(), never());
    await expect(deliver(target, 'a.hl7', text)).rejects.toMatchObject({ code: 'ITEM_REFUSED' });
    expect(await readdir(folder)).toEqual([STAGING]);
  });
});
