/** Messages that others send to us over MLLP while a migration listens, by the command line. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { systemClock } from '../../kernel/clock.ts';
import { sandboxCertificates } from '../../plugins/peers/certificates.ts';
import { openMllpSender } from '../../plugins/peers/mllp-sender.ts';
import { onOneDialect, type Place } from '../support/databases.ts';
import { databaseSettings, startWaybill } from '../support/waybill.ts';

const TRIES_MAX = 1_200;
const TRY_EVERY_MS = 50;

function message(controlId: string, note: string): string {
  const header = `MSH|^~\\&|WARD|ASHFIELD|WAYBILL|TARGET|20260901101500-0400||ADT^A08|${controlId}|P|2.5.1`;
  const patient = `PID|1||0001^^^PRACTICE^MR||Quillfeather^${note}||19700102|F`;
  return [header, 'EVN||20260901101500-0400', patient, 'PV1|1|O', ''].join('\r');
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** As an interface does it: again and again, until each was answered. */
async function sendAll(trust: Parameters<typeof openMllpSender>[0], messages: readonly string[]): Promise<string[]> {
  const codes: string[] = [];
  for (let tries = 0; codes.length < messages.length && tries < TRIES_MAX; tries++) {
    const sender = await openMllpSender(trust).catch(() => undefined);
    try {
      for (const each of messages.slice(codes.length)) {
        const [answer = ''] = (await sender?.send(each)) ?? [];
        if (answer !== '') codes.push(/\rMSA\|(..)\|/.exec(answer)?.[1] ?? '');
      }
    } catch {
      // The listener was closed in between.
    }
    sender?.close();
    if (codes.length < messages.length) await sleep(TRY_EVERY_MS);
  }
  return codes;
}

onOneDialect('a migration that listens over MLLP', (dialect) => {
  let place: Place;
  beforeEach(async () => {
    place = await dialect.enter();
  });
  afterEach(() => place.leave());

  test('moves what it acknowledged, each once, and shows what it refused', async () => {
    const { directory } = place;
    const certificates = await sandboxCertificates(systemClock);
    const port = await freePort();
    for (const name of ['inbox', 'drop']) await mkdir(join(directory, name));
    await writeFile(join(directory, 'server.pem'), certificates.certificate);
    await writeFile(join(directory, 'server.key'), certificates.privateKey, { mode: 0o600 });
    const plan = stringify({
      migration: 'adt-inbox',
      source: {
        connector: 'hl7-mllp',
        config: { host: '127.0.0.1', port, folder: './inbox', quietSeconds: 2 },
        secrets: { serverCertificate: 'file:./server.pem', serverKey: 'file:./server.key' },
      },
      target: { connector: 'hl7-file-drop', config: { folder: './drop' }, secrets: {} },
      datasets: [
        {
          ...{ name: 'messages', tier: 'active-clinical', select: '**', format: 'hl7v2' },
          ...{ lineage: 'pass-through', owner: 'registration' },
        },
      ],
    });
    await writeFile(join(directory, 'plan.yaml'), plan);
    const running = startWaybill(['migrate', 'plan.yaml', '--data', 'data', '--json'], {
      directory,
      environment: databaseSettings(place),
    });
    const sent = [message('C1', 'Ottoline'), message('C2', 'Ada'), message('C1', 'Ottoline'), message('C2', 'Mary')];
    expect(await sendAll({ port, ca: certificates.authority }, sent)).toEqual(['AA', 'AA', 'AA', 'AE']);
    const { code, json, stderr, stdout } = await running.ended;
    expect({ code, stderr }).toMatchObject({ code: 2 });
    expect(json?.datasets).toMatchObject([{ eligible: 3, verified: 2, quarantined: 0, failed: 1 }]);
    const arrived: string[] = [];
    for (const entry of await readdir(join(directory, 'drop'), { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) arrived.push(await readFile(join(entry.parentPath, entry.name), 'utf8'));
    }
    expect(arrived.sort()).toEqual([sent[0], sent[1]].sort());
    expect(stdout + stderr).not.toContain('Quillfeather');
    const connections = join(json?.evidence ?? '', 'data', 'connections');
    const names = (await readdir(connections)).filter((name) => name.startsWith('source-hl7-mllp'));
    const reached = await Promise.all(
      names.map(async (name) => JSON.parse(await readFile(join(connections, name), 'utf8'))),
    );
    const ownCertificate = new X509Certificate(certificates.certificate).fingerprint256;
    const negotiated = expect.objectContaining({ protocol: 'TLSv1.3', ownCertificate });
    expect(reached).toContainEqual(expect.objectContaining({ transport: 'tcp', negotiated }));
  });
});
