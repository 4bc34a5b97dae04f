/** A listener: what it acknowledged it has, once and as it was sent; what it has not, it did not acknowledge. */
import { describe, expect, test } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../../kernel/clock.ts';
import { sandboxCertificates } from '../../../plugins/peers/certificates.ts';
import { whole } from '../host/house.ts';
import { message, MllpHouse } from './house.ts';
import { codes, listeners, pathsOf, shelf } from './listeners.ts';

const { listening, sender, folder } = listeners();

describe('a listener', () => {
  test('lets a sender in over an older suite while that is allowed, and cuts it off at that instant', async () => {
    const certificates = await sandboxCertificates(systemClock);
    const { certificate: serverCertificate, privateKey: serverKey } = certificates;
    const until = '2026-01-01T01:00:00Z';
    const suite = 'ECDHE-ECDSA-AES128-SHA';
    const house = new MllpHouse({ serverCertificate, serverKey });
    await listening({ tls: 'required', olderAlgorithms: { allowed: [suite], until } }, house);
    const older = { ca: certificates.authority, ciphers: suite, maxVersion: 'TLSv1.2' };
    const client = await sender(older);
    const sound = await sender({ ca: certificates.authority });
    expect(codes(await client.send(message('C1')))).toEqual(['AA']);
    house.now = new Date(until);
    await client.closed;
    await expect(sender(older)).rejects.toThrow();
    expect(codes(await sound.send(message('C2')))).toEqual(['AA']);
  });

  test('has what it acknowledged, byte for byte, under a name that tells nothing, after a restart too', async () => {
    const { source } = await listening();
    const client = await sender();
    const sent = [message('C1', '', 'Doe^Jane'), message('C2', '', 'M\xfcller')];
    for (const each of sent) expect(codes(await client.send(each))).toEqual(['AA']);
    expect(await pathsOf(source)).toEqual([shelf('C1'), shelf('C2')].sort());
    await source.close();
    const { source: reopened } = await listening();
    for (const [at, id] of ['C1', 'C2'].entries()) {
      const bytes = await whole(reopened.read(shelf(id), 0, new AbortController().signal));
      expect(Buffer.from(bytes).toString('latin1')).toBe(sent[at]);
    }
    const from = await whole(reopened.read(shelf('C1'), 5, new AbortController().signal));
    expect(Buffer.from(from).toString('latin1')).toBe(sent[0]?.slice(5));
  });

  test('answers in the name of its message', async () => {
    await listening();
    const [answer = ''] = await (await sender()).send(message('C1'));
    expect(answer).toMatch(
      /^MSH\|\^~\\&\|LAB\|SITE\|WARD\|SITE\|20260101000000\+0000\|\|ACK\^R01\|[0-9a-f]{20}\|P\|2\.5\.1\r/,
    );
    expect(answer).toMatch(/\rMSA\|AA\|C1\r$/);
  });

  test('keeps a message once that comes again, and says that it has it', async () => {
    const { source, house } = await listening();
    for (const client of [await sender(), await sender()]) {
      expect(codes(await client.send(message('C1')))).toEqual(['AA']);
      expect(codes(await client.send(message('C1')))).toEqual(['AA']);
    }
    expect(await pathsOf(source)).toEqual([shelf('C1')]);
    expect(house.logged.filter(({ fact }) => fact === 'mllp-had-it')).toHaveLength(3);
  });

  test('refuses another message under a control id it has, and shows it as an item that cannot be read', async () => {
    const { source, house } = await listening();
    const client = await sender();
    await client.send(message('C1', '', 'one'));
    expect(codes(await client.send(message('C1', '', 'other')))).toEqual(['AE']);
    expect(codes(await client.send(message('C1', '', 'other').replace('WARD', 'CLINIC')))).toEqual(['AA']);
    const paths = await pathsOf(source);
    const conflict = paths.find((path) => path.endsWith('.conflict')) ?? '';
    expect(paths).toEqual([shelf('C1'), shelf('C1', 'CLINIC|SITE'), conflict].sort());
    const reading = whole(source.read(conflict, 0, house.never));
    await expect(reading).rejects.toMatchObject({ code: 'ITEM_REFUSED' });
    const kept = await whole(source.read(shelf('C1'), 0, house.never));
    expect(Buffer.from(kept).toString()).toContain('one');
    expect(house.logged).toContainEqual({
      fact: 'mllp-conflict',
      facts: { message: expect.stringMatching(/^MSH-10 #/) },
    });
  });

  test.each([
    ['', '', ['AA'], ['AE']],
    ['AL', 'AL', ['CA', 'AA'], ['CE']],
    ['AL', 'NE', ['CA'], ['CE']],
    ['NE', 'AL', ['AA'], ['AE']],
    ['ER', 'SU', ['AA'], ['CE']],
    ['SU', 'ER', ['CA'], ['AE']],
  ])(
    'acknowledges as MSH-15 %j and MSH-16 %j ask, when it keeps and when it refuses',
    async (first, second, kept, refused) => {
      await listening();
      const client = await sender();
      const mode = first === '' ? '' : `|||${first}|${second}`;
      expect(codes(await client.send(message('C1', mode), kept.length))).toEqual(kept);
      expect(codes(await client.send(message('C1', mode, 'other'), refused.length))).toEqual(refused);
      expect(codes(await client.send(message('C2')))).toEqual(['AA']);
    },
  );

  test('refuses a batch, closes on what is no message or no block, and keeps nothing of either', async () => {
    const { source } = await listening();
    const client = await sender();
    expect(codes(await client.send(message('C1') + message('C2')))).toEqual(['AE']);
    await expect(client.send('PID|1\r')).rejects.toThrow('closed before it answered');
    for (const spoiled of ['MSH|no block', `\x0b${message('C3')}`, `\x0b${message('C4')}\x1cX`]) {
      const other = await sender();
      other.write(spoiled);
      if (spoiled.endsWith('\r')) other.close();
      await other.closed;
    }
    expect(await pathsOf(source)).toEqual([]);
  });

  test('takes a message that comes byte by byte', async () => {
    const { source } = await listening();
    const client = await sender();
    const bytes = `\x0b${message('C1')}\x1c\r`;
    for (const byte of bytes) client.write(byte);
    expect(codes(await client.send(message('C2'), 2))).toEqual(['AA', 'AA']);
    expect(await pathsOf(source)).toContain(shelf('C1'));
  });

  test('that cannot write acknowledges nothing: AR, so that it is sent again later', async () => {
    const { source, house } = await listening();
    await writeFile(join(folder(), shelf('C1').slice(0, 2)), 'in the way');
    const client = await sender();
    expect(codes(await client.send(message('C1')))).toEqual(['AR']);
    expect(await pathsOf(source)).toEqual([]);
    expect(house.logged.map(({ fact }) => fact)).toContain('mllp-not-stored');
  });

  test('leaves the port to whoever has it and lists the same folder; halves of a dead one are swept away', async () => {
    await mkdir(join(folder(), '.incoming'));
    await writeFile(join(folder(), '.incoming', 'half'), 'MSH|');
    const { source } = await listening();
    expect(await readdir(join(folder(), '.incoming'))).toEqual([]);
    const { source: second, house } = await listening();
    await (await sender()).send(message('C1'));
    expect(await pathsOf(second)).toEqual(await pathsOf(source));
    expect(house.logged.map(({ fact }) => fact)).toContain('mllp-listens-elsewhere');
  });

  test('over TLS lets in whom the authority vouches for, and nobody else', async () => {
    const [ours, theirs, strangers] = await Promise.all(
      ['Listener', 'Sender', 'Stranger'].map((name) => sandboxCertificates(systemClock, name)),
    );
    if (!ours || !theirs || !strangers) throw new Error('there are three');
    const house = new MllpHouse({ serverCertificate: ours.certificate, serverKey: ours.privateKey });
    const { source } = await listening({ tls: 'required', ca: theirs.authority }, house);
    const trust = { ca: ours.authority };
    const known = await sender({ ...trust, cert: theirs.certificate, key: theirs.privateKey });
    expect(codes(await known.send(message('C1')))).toEqual(['AA']);
    const refused = async () =>
      (await sender({ ...trust, cert: strangers.certificate, key: strangers.privateKey })).send(message('C2'));
    await expect(refused()).rejects.toThrow();
    expect(await pathsOf(source)).toEqual([shelf('C1')]);
    expect(house.connected()).toEqual([
      expect.objectContaining({
        peer: '127.0.0.1',
        protocol: 'TLSv1.3',
        cipher: expect.stringMatching(/^TLS_AES_/),
        certificate: new X509Certificate(theirs.certificate).fingerprint256,
        ownCertificate: new X509Certificate(ours.certificate).fingerprint256,
      }),
    ]);
  });

  test('says of a sender that shows no certificate what it spoke, and of one in the clear that it was', async () => {
    const ours = await sandboxCertificates(systemClock);
    const house = new MllpHouse({ serverCertificate: ours.certificate, serverKey: ours.privateKey });
    const { source } = await listening({ tls: 'required' }, house);
    await (await sender({ ca: ours.authority })).send(message('C1'));
    expect(house.connected()).toEqual([
      {
        ...{ peer: '127.0.0.1', protocol: 'TLSv1.3', cipher: expect.stringMatching(/^TLS_AES_/) },
        ownCertificate: new X509Certificate(ours.certificate).fingerprint256,
      },
    ]);
    await source.close();
    const clear = await listening();
    await (await sender()).send(message('C2'));
    expect(clear.house.connected()).toEqual([{ peer: '127.0.0.1', protocol: 'none' }]);
  });

  test('without a folder, or a certificate for TLS, does not open', async () => {
    await expect(listening({ folder: undefined })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(listening({ tls: 'required' })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});
