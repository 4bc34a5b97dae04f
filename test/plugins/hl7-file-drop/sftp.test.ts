/** A drop folder of an SFTP server: what holds here holds there, and its server is known by its key. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Json } from '../../../kernel/canonical-json.ts';
import type { EndpointSettings } from '../../../plugins/host/index.ts';
import { startTcpProxy } from '../../../plugins/sdk/conformance.ts';
import { nameOf } from '../../../plugins/sdk/hl7.ts';
import type { Acknowledgement, Target } from '../../../plugins/sdk/index.ts';
import { all, never, once, parcel, whole } from '../host/house.ts';
import { describeWithOpenssh, enterSftpHouse, type SftpHouse } from '../sftp/server.ts';

const STAGING = '.waybill-staged';
const message = (id: string): string => `MSH|^~\\&|WARD|SITE|LAB|SITE|20260101||ORU^R01|${id}|P|2.5.1\rPID|1||42\r`;
const answer = (code: string, id: string): string =>
  `MSH|^~\\&|LAB|SITE|WARD|SITE|20260101||ACK|r-${id}|P|2.5.1\rMSA|${code}|${id}\r`;

describeWithOpenssh('a drop folder of an SFTP server', () => {
  let house: SftpHouse;
  let folder: string;
  let answers: string;
  beforeAll(async () => {
    house = await enterSftpHouse();
  });
  afterAll(() => house.leave());
  beforeEach(async () => {
    folder = await house.root();
    answers = await house.root();
  });

  function endpoint(settings: { readonly [name: string]: Json } = {}): EndpointSettings {
    const { config, secrets } = house.endpoint(folder);
    const { root: _, ...server } = config as { readonly [name: string]: Json };
    return { connector: 'hl7-file-drop', config: { ...server, folder, ...settings }, secrets };
  }
  const acknowledged = (more: { readonly [name: string]: Json } = {}) =>
    endpoint({ acknowledgements: { folder: answers, seconds: 1 }, ...more });
  const listed = async (from: EndpointSettings): Promise<string[]> =>
    (await all((await house.host.source(from, never())).list(never()))).map(({ path }) => path).sort();
  const says = (name: string, text: string): Promise<void> => writeFile(join(answers, name), text);
  const heard = async (path: string): Promise<Acknowledgement | undefined> =>
    (await house.host.target(acknowledged(), never())).acknowledgement?.(path, never());
  async function deliver(target: Target, path: string, text: string): Promise<void> {
    const about = parcel(path, Buffer.byteLength(text));
    await target.commit(about, await target.stage(about, once(text), never()), never());
  }

  test('is swept by names and by markers, and what is hidden is not gone into', async () => {
    await mkdir(join(folder, 'adt'));
    await mkdir(join(folder, '.snapshot'));
    const names = ['a.hl7', 'a.hl7.done', '.b.hl7', 'c.hl7.PART', 'd.hl7.filepart', '.snapshot/a.hl7', 'adt/e.hl7'];
    for (const name of names) await writeFile(join(folder, name), 'MSH|');
    expect(await listed(endpoint())).toEqual(['a.hl7', 'a.hl7.done', 'adt/e.hl7']);
    const marked = endpoint({ finished: { by: 'marker', suffix: '.done' } });
    expect(await listed(marked)).toEqual(['a.hl7']);
    const source = await house.host.source(marked, never());
    expect(String(await whole(source.read('a.hl7', 1, never())))).toBe('SH|');
  });

  test('is written to whole, never over another file, and marked last', async () => {
    const target = await house.host.target(endpoint({ finished: { by: 'marker', suffix: '.done' } }), never());
    await writeFile(join(folder, 'taken.hl7'), 'somebody else');
    await deliver(target, 'adt/a.hl7', message('id-1'));
    await deliver(target, 'adt/a.hl7', message('id-1'));
    await expect(deliver(target, 'taken.hl7', message('id-2'))).rejects.toMatchObject({ code: 'ITEM_CONFLICT' });
    expect((await readdir(join(folder, 'adt'))).sort()).toEqual(['a.hl7', 'a.hl7.done']);
    expect(String(await readFile(join(folder, 'adt/a.hl7')))).toBe(message('id-1'));
    expect(String(await readFile(join(folder, 'taken.hl7')))).toBe('somebody else');
  });

  test('hears acknowledgements, also those that come late or after the message was taken away', async () => {
    const target = await house.host.target(acknowledged(), never());
    for (const [at, path] of ['a.hl7', 'b.hl7', 'c.hl7'].entries()) await deliver(target, path, message(`id-${at}`));
    await rm(join(folder, 'a.hl7'));
    await says('0.ack', answer('AA', 'id-0'));
    await says('1.ack', answer('AE', 'id-1'));
    await says('2.ack.part', answer('AA', 'id-2'));
    expect(await heard('a.hl7')).toMatchObject({ outcome: 'accepted', code: 'AA', about: nameOf('id-0') });
    expect(await heard('b.hl7')).toMatchObject({ outcome: 'refused', code: 'AE' });
    expect(await heard('c.hl7')).toMatchObject({ outcome: 'missing', level: null });
    await says('2.ack', answer('AA', 'id-2'));
    expect(await heard('c.hl7')).toMatchObject({ outcome: 'accepted' });
    await expect(whole(target.read('a.hl7', 0, never()))).rejects.toMatchObject({ code: 'NOT_READABLE' });
    await expect(deliver(target, 'd.hl7', message('id-0'))).rejects.toMatchObject({ code: 'ITEM_CONFLICT' });
  });

  test('gets a message once when the answer to the placing is lost', async () => {
    const proxy = await startTcpProxy(house.server.port);
    const target = await house.host.target(acknowledged({ port: proxy.port, connections: 1 }), never());
    const about = parcel('a.hl7');
    const staged = await target.stage(about, once(message('id-1')), never());
    await target.commit(parcel('b.hl7'), await target.stage(parcel('b.hl7'), once(message('id-2')), never()), never());
    proxy.cutAtNextAnswer();
    await target.commit(about, staged, never());
    expect(proxy.cuts()).toBe(1);
    expect((await readdir(folder)).sort()).toEqual([STAGING, 'a.hl7', 'b.hl7']);
    await target.close();
    await proxy.close();
  });

  test('is in doubt about what may have been taken before a stop, staged anew or not', async () => {
    const target = await house.host.target(acknowledged(), never());
    await deliver(target, 'a.hl7', message('id-1'));
    // The stop: it was renamed into place, that was not written down yet, and the receiver was quick.
    const notes = join(folder, STAGING, 'sent');
    for (const note of await readdir(notes)) if (note.endsWith('.placed')) await rm(join(notes, note));
    await rm(join(folder, 'a.hl7'));
    const about = parcel('a.hl7', message('id-1').length);
    const staged = await target.stage(about, once(message('id-1')), never());
    // A clock of whole seconds shows no difference.
    const [name = ''] = (await readdir(join(folder, STAGING))).filter((each) => each !== 'sent');
    const [note = ''] = (await readdir(notes)).filter((each) => each.endsWith('.note'));
    const { version } = JSON.parse(await readFile(join(notes, note), 'utf8')) as { version: string };
    const seconds = Number(version.split(':')[1]);
    await utimes(join(folder, STAGING, name), seconds, seconds);
    await expect(target.commit(about, staged, never())).rejects.toMatchObject({ code: 'DELIVERY_IN_DOUBT' });
    expect(await readdir(folder)).toEqual([STAGING]);
    await says('1.ack', answer('AA', 'id-1'));
    await deliver(await house.host.target(acknowledged(), never()), 'a.hl7', message('id-1'));
    expect(await readdir(folder)).toEqual([STAGING]);
  });

  test('is known by the key of its server, and a setting of one server is none of a folder here', async () => {
    const other = endpoint({ hostKey: `SHA256:${'A'.repeat(43)}` });
    await expect(house.host.check(other, never())).rejects.toMatchObject({ code: 'PEER_NOT_TRUSTED' });
    expect(await house.host.check(acknowledged(), never())).toMatchObject({ hostKey: house.server.hostKey });
    const within = endpoint({ acknowledgements: { folder: `${folder}/acks` } });
    await expect(house.host.check(within, never())).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await mkdir(join(folder, 'acks'));
    await expect(house.host.check(within, never())).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    const here = { connector: 'hl7-file-drop', config: { folder, hostKey: house.server.hostKey }, secrets: {} };
    const refusals = await house.host.validate(here, 'source');
    expect(refusals.map(({ field }) => field?.join('.'))).toEqual(['config.host']);
  });
});
