/** Messages between two drop folders of an SFTP server: delivered is one thing, acknowledged another, even if late. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { OPENSSH_SKIPPED, type OpensshServer, startOpenssh } from '../../plugins/peers/openssh.ts';
import { temporaryFolders } from '../support/places.ts';
import { runWaybill } from '../support/waybill.ts';

const folder = temporaryFolders();
const LOOK_EVERY_MS = 20;

/** By name: what the message asks for in MSH-15 and MSH-16, and what its receiver says while it is waited for. */
const MESSAGES: Readonly<Record<string, readonly [string, readonly string[]]>> = {
  A1: ['', ['AA']],
  B2: ['|||AL|AL', ['CA', 'AE']],
  C3: ['', ['AR']],
  D4: ['|||AL|NE', ['CR']],
  E5: ['|||AL|NE', ['CE']],
  F6: ['', []],
  G7: ['|||AL|AL', ['CA']],
};

const message = (id: string, asks: string): string =>
  [
    `MSH|^~\\&|WARD|ASHFIELD|LAB|TARGET|20260901101500-0400||ADT^A04^ADT_A01|${id}|P|2.5.1${asks}`,
    'EVN|A04|20260901101500-0400',
    'PID|1||0001^^^PRACTICE^MR||Quillfeather^Ottoline||19700102|F',
    'PV1|1|O|CLINIC^1^1',
    '',
  ].join('\r');
const answer = (code: string, id: string): string =>
  `MSH|^~\\&|LAB|TARGET|WARD|ASHFIELD|20260901||ACK|r-${id}|P|2.5.1\rMSA|${code}|${id}\r`;

(OPENSSH_SKIPPED === undefined ? describe : describe.skip)('messages between drop folders over SFTP', () => {
  let place: string;
  let server: OpensshServer;
  beforeAll(async () => {
    place = folder();
    server = await startOpenssh({ root: place });
    for (const name of ['outbound', 'inbound', 'answers']) mkdirSync(join(place, name));
  });
  afterAll(() => server.stop());

  const says = (id: string, code: string): void => {
    writeFileSync(join(place, 'answers', `${id}-${code}.ack`), answer(code, id));
  };
  const waybill = (...args: readonly string[]) => runWaybill([...args, '--data', 'data'], { directory: place });

  /** Answers each message as soon as it is there, until all are. */
  async function receive(signal: AbortSignal): Promise<void> {
    const open = new Set(Object.keys(MESSAGES));
    while (open.size > 0 && !signal.aborted) {
      for (const id of open) {
        if (!existsSync(join(place, 'inbound', `${id}.hl7`)) || !open.delete(id)) continue;
        for (const code of MESSAGES[id]?.[1] ?? []) says(id, code);
      }
      await sleep(LOOK_EVERY_MS);
    }
  }

  test('are delivered and answered for apart, and what is acknowledged late is closed by a re-check', async () => {
    for (const [id, [asks]] of Object.entries(MESSAGES)) {
      writeFileSync(join(place, 'outbound', `${id}.hl7`), message(id, asks));
      writeFileSync(join(place, 'outbound', `${id}.hl7.done`), '');
    }
    writeFileSync(join(place, 'outbound', 'growing.hl7'), 'MSH|');
    const { port, user, hostKey } = server;
    const drop = (name: string, more: object) => ({
      connector: 'hl7-file-drop',
      config: { host: '127.0.0.1', port, user, hostKey, folder: join(place, name), ...more },
      secrets: { privateKey: `file:${server.userKeyPath}` },
    });
    const plan = {
      migration: 'adt',
      source: drop('outbound', { finished: { by: 'marker', suffix: '.done' } }),
      target: drop('inbound', { acknowledgements: { folder: join(place, 'answers'), seconds: 1 } }),
      datasets: [
        {
          ...{ name: 'admissions', tier: 'active-clinical', select: '*.hl7', format: 'hl7v2' },
          ...{ lineage: 'pass-through', owner: 'registration' },
        },
      ],
    };
    writeFileSync(join(place, 'plan.yaml'), stringify(plan));
    const stop = new AbortController();
    const receiving = receive(stop.signal);
    const { code, json, stdout, stderr } = await waybill('migrate', 'plan.yaml', '--json');
    stop.abort();
    await receiving;
    expect({ code, stderr }).toMatchObject({ code: 2 });
    expect(json?.datasets).toMatchObject([{ eligible: 7, verified: 1, quarantined: 6, failed: 0 }]);
    const found = new Map(json?.exceptions.map(({ sourceId, category, id }) => [sourceId, { category, id }]));
    const categories = [...found].map(([path, { category }]) => `${path} ${category}`);
    expect(categories.toSorted()).toEqual([
      ...['B2', 'C3', 'D4', 'E5'].map((id) => `${id}.hl7 missing-record`),
      ...['F6', 'G7'].map((id) => `${id}.hl7 unreadable`),
    ]);
    for (const [id, [asks]] of Object.entries(MESSAGES)) {
      expect(await readFile(join(place, 'inbound', `${id}.hl7`), 'utf8')).toBe(message(id, asks));
    }
    const exported = (await waybill('exceptions', 'export')).stdout;
    expect(exported).toContain('the item was delivered and is not acknowledged by the receiver');
    expect(exported).toContain('the item was delivered and is not fully acknowledged by the receiver (CA');
    expect(stdout + stderr + exported).not.toContain('Quillfeather');

    const recheck = async (id: string) =>
      (await waybill('exceptions', 'recheck', found.get(`${id}.hl7`)?.id ?? '')).code;
    for (const id of ['F6', 'G7', 'C3']) says(id, 'AA');
    expect([await recheck('F6'), await recheck('G7')]).toEqual([0, 0]);
    // What was also refused is for people.
    expect(await recheck('C3')).not.toBe(0);
  });
});
