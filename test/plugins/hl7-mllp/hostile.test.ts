/** A receiver that misbehaves in every way there is: nothing is believed, nothing lost, nothing silently sent twice. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../../kernel/clock.ts';
import { sandboxCertificates } from '../../../plugins/peers/certificates.ts';
import { type MllpFault, type MllpReceiver, startMllpReceiver } from '../../../plugins/peers/mllp-receiver.ts';
import { message, MllpHouse } from './house.ts';

const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of closing.splice(0).reverse()) await each.close();
});

async function receiving(options: Parameters<typeof startMllpReceiver>[0] = {}): Promise<MllpReceiver> {
  const receiver = await startMllpReceiver(options);
  closing.push(receiver);
  return receiver;
}

async function sending(receiver: MllpReceiver, settings: object = {}) {
  const house = new MllpHouse();
  const config = { host: '127.0.0.1', port: receiver.port, tls: 'none', inDoubt: 'send-again', ...settings };
  const target = await house.target(config);
  closing.push(target);
  return { house, target, config };
}

const unknown = expect.objectContaining({ code: 'OUTCOME_UNKNOWN', retry: 'ambiguous' });

const DOUBTFUL: readonly (readonly [string, object, MllpFault])[] = [
  ['says nothing', { acknowledgeSeconds: 1 }, { kind: 'silent' }],
  ['closes when it has it', {}, { kind: 'close', landed: true }],
  ['closes before it keeps it', {}, { kind: 'close', landed: false }],
  ['acknowledges another one', {}, { kind: 'other-id' }],
  ['answers by half', {}, { kind: 'half-answer' }],
  ['answers in no block', {}, { kind: 'no-block' }],
  ['answers with something else', {}, { kind: 'garbage' }],
  ['answers without end', {}, { kind: 'flood' }],
];

describe('a message whose receiver', () => {
  test.each(DOUBTFUL)('%s is in doubt; sent again, it is there once, and that is said', async (_, settings, fault) => {
    const receiver = await receiving();
    const { house, target } = await sending(receiver, settings);
    receiver.plant(fault);
    await expect(house.send(target, 'p1', message('C1'))).rejects.toEqual(unknown);
    const receipt = await house.send(target, 'p1', message('C1'));
    expect(receipt).toMatch(/^AA:application:accepted:.*:2:/);
    expect({ kept: receiver.kept.length, arrivals: receiver.arrivals() }).toEqual({ kept: 1, arrivals: 2 });
    expect(house.logged).toContainEqual({ fact: 'mllp-sent-again', facts: expect.objectContaining({ sends: 2 }) });
  });

  test('answers before it was asked has been sent nothing: nothing is in doubt', async () => {
    const receiver = await receiving();
    const { house, target } = await sending(receiver, { inDoubt: 'set-aside' });
    await house.send(target, 'p0', message('C0'));
    receiver.plant({ kind: 'early' });
    const big = message('C1', '', 'A'.repeat(4_000_000));
    await expect(house.send(target, 'p1', big)).rejects.toMatchObject({
      retry: expect.not.stringMatching('permanent'),
    });
  });

  test('answers byte by byte is heard to the end', async () => {
    const receiver = await receiving();
    const { house, target } = await sending(receiver);
    receiver.plant({ kind: 'byte-by-byte' });
    expect(await house.send(target, 'p1', message('C1', '|||AL|AL'))).toMatch(/^AA:application:accepted:.*:1:/);
  });

  test('acknowledges too late has acknowledged nothing, and its late word is taken for no other message', async () => {
    const receiver = await receiving();
    const { house, target } = await sending(receiver, { acknowledgeSeconds: 1 });
    receiver.plant({ kind: 'late' });
    await expect(house.send(target, 'p1', message('C1'))).rejects.toEqual(unknown);
    receiver.release();
    expect(await house.send(target, 'p2', message('C2'))).toMatch(/^AA:.*:1:/);
    expect(await house.send(target, 'p1', message('C1'))).toMatch(/^AA:.*:2:/);
  });

  test('has stored it and says no more is not sent it again: it is not fully acknowledged', async () => {
    const receiver = await receiving();
    const { house, target } = await sending(receiver, { acknowledgeSeconds: 1 });
    receiver.plant({ kind: 'accept-only' });
    const targetId = await house.send(target, 'p1', message('C1', '|||AL|AL'));
    expect(await target.acknowledgement?.(targetId, house.never)).toMatchObject({ outcome: 'missing', code: 'CA' });
    expect(receiver.arrivals()).toBe(1);
  });

  test('does not drop what it has gets nothing twice, unless the plan says that it does', async () => {
    const receiver = await receiving({ dropsDuplicates: false });
    const { house, target, config } = await sending(receiver, { inDoubt: 'set-aside' });
    receiver.plant({ kind: 'close', landed: true });
    await expect(house.send(target, 'p1', message('C1'))).rejects.toEqual(unknown);
    const reopened = await house.target(config);
    closing.push(reopened);
    for (const opened of [target, reopened]) {
      await expect(house.send(opened, 'p1', message('C1'))).rejects.toMatchObject({ code: 'DELIVERY_IN_DOUBT' });
    }
    expect(receiver.kept).toHaveLength(1);
  });

  test('refused it may be sent it again: nothing was in doubt', async () => {
    const receiver = await receiving();
    const { house, target } = await sending(receiver, { inDoubt: 'set-aside' });
    receiver.plant({ kind: 'refuse', code: 'AR', words: 'Doe^Jane' });
    const refused = expect.objectContaining({
      code: 'ITEM_REFUSED',
      message: expect.stringMatching(/MSH-10 #[0-9a-f]{12} \(AR, error 207 of table 0357, at PID\^1\^5\)/),
    });
    await expect(house.send(target, 'p1', message('C1', '', 'Doe^Jane'))).rejects.toEqual(refused);
    expect(await house.send(target, 'p1', message('C1', '', 'Doe^Jane'))).toMatch(/^AA:.*:1:/);
    expect(JSON.stringify(house.logged)).not.toContain('Doe');
  });
});

describe('a control id', () => {
  test('is one message for ever: another item under it is a conflict and is not sent', async () => {
    const receiver = await receiving();
    const { house, target } = await sending(receiver);
    await house.send(target, 'p1', message('C1', '', 'one'));
    for (const note of ['other', 'one']) {
      await expect(house.send(target, 'p2', message('C1', '', note))).rejects.toMatchObject({ code: 'ITEM_CONFLICT' });
    }
    await house.send(target, 'p3', message('C1', '', 'other').replace('WARD', 'CLINIC'));
    expect(receiver.arrivals()).toBe(2);
  });
});

describe('over TLS', () => {
  test('a certificate that is not the pinned one is not spoken to, though its authority vouches for it', async () => {
    const certificates = await sandboxCertificates(systemClock);
    const receiver = await receiving({ certificates });
    const house = new MllpHouse();
    const config = { host: '127.0.0.1', port: receiver.port, ca: certificates.authority };
    const { certificate: pin, tls } = await house.check(config);
    expect(tls).toMatch(/^TLSv1\.[23]$/);
    await expect(house.check({ ...config, pin })).resolves.toMatchObject({ certificate: pin });
    const wrong = pin?.replace(/^../, (first) => (first === '00' ? '01' : '00'));
    await expect(house.check({ ...config, pin: wrong })).rejects.toMatchObject({ code: 'PEER_NOT_TRUSTED' });
    const told = expect.objectContaining({ peer: `127.0.0.1:${receiver.port}`, protocol: tls, certificate: pin });
    expect(house.connected()).toEqual([told, told]);
  });

  test('a receiver that knows nothing of TLS, or a sender, fails before a message is sent', async () => {
    const certificates = await sandboxCertificates(systemClock);
    const plain = await receiving();
    const house = new MllpHouse();
    const strict = await house.target({ host: '127.0.0.1', port: plain.port, ca: certificates.authority });
    plain.plantAlways({ kind: 'garbage' });
    const secure = await receiving({ certificates });
    const careless = await house.target({ host: '127.0.0.1', port: secure.port, tls: 'none' });
    closing.push(strict, careless);
    const dropping = house.send(careless, 'p2', message('C2'));
    await expect(dropping).rejects.toMatchObject({ retry: expect.stringMatching(/transient|ambiguous/) });
    expect(secure.kept).toEqual([]);
    plain.plant({ kind: 'close', landed: false });
  });
});

test('an older suite is spoken while that is allowed, and a message under way then is its last', async () => {
  const suite = 'ECDHE-ECDSA-AES128-SHA';
  const certificates = await sandboxCertificates(systemClock);
  const receiver = await receiving({ certificates, tls: { ciphers: suite, maxVersion: 'TLSv1.2' } });
  const until = '2026-01-01T01:00:00Z';
  const allowed = { tls: 'required', ca: certificates.authority, olderAlgorithms: { allowed: [suite], until } };
  const { house, target, config } = await sending(receiver, allowed);
  expect(await house.check(config)).toMatchObject({ olderAlgorithms: suite });
  await expect(house.check({ ...config, olderAlgorithms: undefined })).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  await house.send(target, 'p1', message('C1'));
  receiver.plant({ kind: 'late' });
  const [arrived, under] = [receiver.next(), house.send(target, 'p2', message('C2'))];
  await arrived;
  house.now = new Date(until);
  receiver.release();
  expect(await under).toMatch(/^AA:application:accepted/);
  await expect(house.send(target, 'p3', message('C3'))).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  expect(receiver.kept).toHaveLength(2);
});
