/** A batch that runs is slowed down and let go by two people, without stopping it; and killed in between. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { memoryPlace } from '../../plugins/memory/index.ts';
import { onOneDialect, type Place } from '../support/databases.ts';
import { AS_TYPESCRIPT } from '../support/typescript.ts';
import { SlowedHouse } from './slowed-house.ts';

/** At the cap below it takes a quarter of an hour to read, and as long to move. */
const SIZE_BYTES = 64_000_000;
const CAPS = { route: { bytesPerSecondMax: 65_536 } };
const POLICY = 'approval: { bandwidth: required }\nsurvey: { inspect: none }\n';
const CAPPED = `${POLICY}transfer: { bandwidth: ${JSON.stringify(CAPS)} }`;

onOneDialect('the caps of a batch that runs', (dialect) => {
  let place: Place;
  let house: SlowedHouse;
  beforeEach(async () => {
    place = await dialect.enter();
    house = await SlowedHouse.open(place);
  });
  afterEach(async () => {
    await house.close();
    await place.leave();
  });
  const inForce = async () => (await house.look()).migration.bandwidth.inForce;

  test('are lifted by two people: it goes on at once, says how long it was held, and the house remembers', async () => {
    const name = randomBytes(6).toString('hex');
    memoryPlace(name).put('scans/film.dcm', Buffer.alloc(SIZE_BYTES, 7));
    await house.prepare({ connector: 'memory', config: { place: name } }, CAPPED);
    await house.launch();
    await house.held(0);
    expect(await inForce()).toMatchObject(CAPS);
    await house.change({});
    const ended = await house.reconciled();
    expect(ended.batches.nodes[0]?.heldByBandwidthSeconds).toBeGreaterThan(0);
    await house.close();
    house = await SlowedHouse.open(place);
    expect(await inForce()).toMatchObject({ route: { bytesPerSecondMax: null } });
  });

  test('are lowered by two people and hold after kill -9 as well: the batch goes on, and is held on', async () => {
    const folder = join(place.directory, 'drop');
    mkdirSync(join(folder, 'scans'), { recursive: true });
    writeFileSync(join(folder, 'scans', 'film.dcm'), Buffer.alloc(SIZE_BYTES, 7));
    await house.prepare({ connector: 'hl7-file-drop', config: { folder } }, POLICY);
    await house.close();
    const before = await heldAndKilled(place);
    house = await SlowedHouse.open(place);
    expect(await inForce()).toMatchObject(CAPS);
    expect(await house.held(before + 1)).toBeGreaterThan(before);
    const [batch] = (await house.look()).batches.nodes;
    expect(batch?.state).toMatch(/^(PACKING|MOVING)$/);
  });
});

/** Lets another process lower the caps and launch, and kills it as soon as the batch is held; for how long it was. */
async function heldAndKilled({ directory, url }: Place): Promise<number> {
  const child = join(import.meta.dirname, 'slowed-child.ts');
  const args = [...AS_TYPESCRIPT, child, directory, url ?? '', JSON.stringify(CAPS)];
  const running = spawn(process.execPath, args, {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(running, 'exit');
  let said = '';
  for await (const chunk of running.stdout) {
    said += String(chunk);
    if (said.includes('\n')) break;
  }
  running.kill('SIGKILL');
  await ended;
  return Number(/^held ([\d.]+)\n/.exec(said)?.[1]);
}
