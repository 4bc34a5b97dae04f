/** Messages sent to a receiver over MLLP, by the command line: acknowledged is said, and never called verified. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { systemClock } from '../../kernel/clock.ts';
import { sandboxCertificates, type SandboxCertificates } from '../../plugins/peers/certificates.ts';
import { type MllpReceiver, startMllpReceiver } from '../../plugins/peers/mllp-receiver.ts';
import { onOneDialect, type Place } from '../support/databases.ts';
import { databaseSettings, type Ended, runWaybill } from '../support/waybill.ts';

const ASKING_FOR_BOTH = '|||AL|AL';
const PATIENT = 'Quillfeather^Ottoline';

function message(controlId: string, rest = ''): string {
  const header = `MSH|^~\\&|WARD|ASHFIELD|LAB|TARGET|20260901101500-0400||ORU^R01^ORU_R01|${controlId}|P|2.5.1${rest}`;
  return [
    header,
    `PID|1||0001^^^PRACTICE^MR||${PATIENT}||19700102|F`,
    'OBR|1|P1|F1|2345-7^Glucose^LN|||20260901100000-0400',
    'OBX|1|NM|2345-7^Glucose^LN||91|mg/dL|70-99|N|||F',
    '',
  ].join('\r');
}

onOneDialect('messages that go to a receiver over MLLP', (dialect) => {
  let place: Place;
  let certificates: SandboxCertificates;
  let ours: SandboxCertificates;
  let receiver: MllpReceiver;
  beforeEach(async () => {
    place = await dialect.enter();
    [certificates, ours] = await Promise.all([
      sandboxCertificates(systemClock),
      sandboxCertificates(systemClock, 'Sender'),
    ]);
    receiver = await startMllpReceiver({ certificates, clientAuthority: ours.authority });
  });
  afterEach(async () => {
    await receiver.close();
    await place.leave();
  });

  async function migrate(messages: Readonly<Record<string, string>>, settings: object = {}): Promise<Ended> {
    const { directory } = place;
    const from = join(directory, 'outbound');
    await mkdir(from, { recursive: true });
    for (const [name, text] of Object.entries(messages)) await writeFile(join(from, name), text);
    await writeFile(join(directory, 'ca.pem'), certificates.authority);
    await writeFile(join(directory, 'ours.pem'), ours.certificate);
    await writeFile(join(directory, 'ours.key'), ours.privateKey, { mode: 0o600 });
    const config = { host: '127.0.0.1', port: receiver.port, ca: './ca.pem', ...settings };
    const secrets = { clientCertificate: 'file:./ours.pem', clientKey: 'file:./ours.key' };
    const plan = stringify({
      migration: 'results-feed',
      source: { connector: 'hl7-file-drop', config: { folder: from }, secrets: {} },
      target: { connector: 'hl7-mllp', config, secrets },
      datasets: [
        {
          ...{ name: 'results', tier: 'active-clinical', select: '*.hl7', format: 'hl7v2' },
          ...{ lineage: 'pass-through', owner: 'lab' },
        },
      ],
    });
    await writeFile(join(directory, 'plan.yaml'), plan);
    return runWaybill(['migrate', join(directory, 'plan.yaml'), '--data', join(directory, 'data'), '--json'], {
      directory,
      environment: databaseSettings(place),
    });
  }

  test('arrive once each, are counted as acknowledged, and are verified by nobody', async () => {
    const sent = { 'a.hl7': message('A1'), 'b.hl7': message('B2', ASKING_FOR_BOTH), 'c.hl7': message('C3') };
    const { code, json, stderr } = await migrate(sent);
    expect({ code, outcome: json?.outcome, exceptions: json?.exceptions, stderr }).toMatchObject({
      ...{ code: 0, outcome: 'acknowledged', exceptions: [] },
    });
    expect(json?.datasets).toEqual([
      { name: 'results', eligible: 3, verified: 0, acknowledged: 3, excluded: 0, quarantined: 0, failed: 0 },
    ]);
    expect(json?.records).toMatchObject({ source: 3, matched: 0, differs: 0, unreadable: 0, acknowledged: 3 });
    expect(receiver.kept.map(String).sort()).toEqual(Object.values(sent).sort());
    expect(receiver.arrivals()).toBe(3);
    const pack = json?.evidence ?? '';
    const verified = await runWaybill(['verify', pack], { directory: place.directory });
    expect(verified).toMatchObject({ code: 0 });
    const reached = join(pack, 'data', 'connections', 'target-hl7-mllp.json');
    expect(JSON.parse(await readFile(reached, 'utf8'))).toMatchObject({
      transport: 'tcp',
      negotiated: {
        peer: `127.0.0.1:${receiver.port}`,
        protocol: 'TLSv1.3',
        cipher: expect.stringMatching(/^TLS_AES_/),
        certificate: new X509Certificate(certificates.certificate).fingerprint256,
      },
    });
    expect(await readFile(join(pack, 'README.html'), 'utf8')).toContain(
      'acknowledged by their receiver and not verified: 3',
    );
  });

  test('are set aside when they are refused, in doubt, or share a control id, and nothing is sent twice', async () => {
    receiver.plant({ kind: 'refuse', code: 'AE', words: PATIENT });
    receiver.plant({ kind: 'close', landed: true });
    const sent = {
      ...{ '1-refused.hl7': message('A1'), '2-lost.hl7': message('B2'), '3-sound.hl7': message('C3') },
      '4-again.hl7': message('C3').replace('|91|', '|19|'),
    };
    const { code, json, stderr } = await migrate(sent);
    expect({ code, stderr }).toMatchObject({ code: 2 });
    expect(json?.datasets).toMatchObject([{ eligible: 4, verified: 0, acknowledged: 1, quarantined: 3 }]);
    expect(json?.exceptions.map(({ category }) => category).sort()).toEqual([
      'duplicate-record',
      'missing-record',
      'schema-invalid',
    ]);
    expect(receiver.arrivals()).toBe(3);
    expect(receiver.kept).toHaveLength(2);
  });

  test('are sent again under their control id where the plan says that the receiver drops what it has', async () => {
    receiver.plant({ kind: 'close', landed: true });
    const { json } = await migrate({ 'a.hl7': message('A1') }, { inDoubt: 'send-again' });
    expect(json?.datasets).toMatchObject([{ eligible: 1, verified: 0, acknowledged: 1 }]);
    expect({ arrivals: receiver.arrivals(), kept: receiver.kept.length }).toEqual({ arrivals: 2, kept: 1 });
  });

  test('that were stored and never processed are an exception, and nobody said so of a patient', async () => {
    receiver.plant({ kind: 'accept-only' });
    const sent = { 'a.hl7': message('A1', ASKING_FOR_BOTH) };
    const { code, json, stdout, stderr } = await migrate(sent, { acknowledgeSeconds: 1 });
    expect(code).toBe(2);
    expect(json?.datasets).toMatchObject([{ eligible: 1, verified: 0, quarantined: 1 }]);
    expect(json?.exceptions).toMatchObject([{ category: 'unreadable' }]);
    expect(stdout + stderr).not.toContain('Quillfeather');
    const digest = createHash('sha256').update('A1').digest('hex').slice(0, 12);
    const folder = join(json?.evidence ?? '', 'data', 'exceptions');
    const sealed = (await readdir(folder)).filter((name) => name.endsWith('.exceptions.ndjson'));
    expect(await readFile(join(folder, sealed[0] ?? ''), 'utf8')).toContain(`MSH-10 #${digest}`);
  });
});
