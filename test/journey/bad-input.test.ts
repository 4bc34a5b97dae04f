/** What is wrong is said: which, where, and what to do. Nothing is lost, and nothing half-written is seen. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { type Demonstration, prepareDemonstration } from '../../demo/demonstration.ts';
import { systemClock } from '../../kernel/clock.ts';
import { people, readFolder, type People } from '../support/people.ts';
import { temporaryFolders } from '../support/places.ts';
import { type Ended, runWaybill, startWaybill } from '../support/waybill.ts';

const folder = temporaryFolders();
const GIBIBYTE = 1024 * 1024 * 1024;

interface Endpoint {
  connector: string;
  config: Record<string, unknown>;
  secrets: Record<string, string>;
}
interface Plan {
  migration: string;
  source: Endpoint;
  target: Endpoint;
  datasets: Record<string, unknown>[];
  policy?: string;
}

/** Migrates between two local folders what `lay` puts into the source. */
function local(lay: (source: string) => void, change: (plan: Plan) => void = () => undefined) {
  const place = folder();
  const [source, target] = [join(place, 'source'), join(place, 'target')];
  for (const each of [source, target]) mkdirSync(each);
  lay(source);
  const endpoint = (root: string): Endpoint => ({ connector: 'hl7-file-drop', config: { folder: root }, secrets: {} });
  const dataset = {
    name: 'notes',
    tier: 'historical-searchable',
    select: '**',
    format: 'bytes',
    lineage: 'pass-through',
    owner: 'him',
  };
  const plan: Plan = {
    migration: 'bad-input',
    source: endpoint(source),
    target: endpoint(target),
    datasets: [dataset],
  };
  change(plan);
  writeFileSync(join(place, 'plan.yaml'), stringify(plan));
  const run = () => runWaybill(['migrate', 'plan.yaml', '--data', 'data', '--json'], { directory: place });
  return { place, source, target, run };
}

describe('a wrong plan is refused before anything is touched', () => {
  const cases: readonly (readonly [string, (plan: Plan) => void, readonly string[]])[] = [
    ['a missing field', (plan) => delete plan.datasets[0]?.['tier'], ['datasets[0]', 'tier']],
    [
      'a value outside the list',
      (plan) => Object.assign(plan.datasets[0] ?? {}, { tier: 'urgent' }),
      ['tier', 'active-clinical'],
    ],
    ['an unknown field', (plan) => Object.assign(plan.datasets[0] ?? {}, { selct: 'x' }), ['selct', 'select']],
    ['two datasets of one name', (plan) => plan.datasets.push({ ...plan.datasets[0] }), ['datasets[1]', 'notes']],
    [
      'a secret instead of a reference',
      (plan) => Object.assign(plan.source.secrets, { password: 'hunter2' }),
      ['password', 'env:'],
    ],
    ['an unknown connector', (plan) => Object.assign(plan.source, { connector: 'telepathy' }), ['telepathy', 'sftp']],
    [
      'a lineage map that is not there',
      (plan) => Object.assign(plan.datasets[0] ?? {}, { lineage: './no.yaml' }),
      ['lineage', 'no.yaml'],
    ],
  ];
  test.each(cases)('%s', async (_, change, says) => {
    const { run, target } = local((source) => writeFileSync(join(source, 'a.txt'), 'a'), change);
    const { code, stderr } = await run();
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining('refused') });
    for (const word of says) expect(stderr).toContain(word);
    expect(stderr).not.toContain('hunter2');
    expect(readdirSync(target)).toEqual([]);
  });

  test('and a plan that is not YAML says where', async () => {
    const { run, place } = local(() => undefined);
    writeFileSync(join(place, 'plan.yaml'), 'migration: "unclosed\n  source: [');
    const { code, stderr } = await run();
    expect(code).toBe(3);
    expect(stderr).toMatch(/line|position|\d+:\d+/);
  });
});

describe('a peer that is not what it should be', () => {
  let world: Demonstration;
  let directory: string;
  let who: People;
  let silent: Server;
  beforeAll(async () => {
    directory = folder();
    world = await prepareDemonstration({ directory, clock: systemClock, seed: 3, patients: 60, faults: 'none' });
    who = await people(directory);
    silent = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    await world.close();
    silent.close();
  });

  async function refusedWith(name: string, change: (plan: Plan) => void): Promise<Ended> {
    const plan = parse(readFileSync(world.plan, 'utf8')) as Plan;
    change(plan);
    const path = join(directory, `${name}.yaml`);
    writeFileSync(path, stringify(plan));
    return runWaybill(['migrate', path, '--data', join(directory, `data-${name}`), '--json', ...who.flags], {
      directory,
    });
  }

  test('with another host key is refused, without a question, and the key seen is shown', async () => {
    const ended = await refusedWith('host-key', ({ source }) =>
      Object.assign(source.config, { hostKey: `SHA256:${'A'.repeat(43)}` }),
    );
    expect(ended.code).toBe(3);
    expect(ended.stderr).toContain('PEER_NOT_TRUSTED');
    expect(ended.stderr).toMatch(/SHA256:[A-Za-z0-9+/]{43}/);
  });

  test('with an authority we do not know is refused', async () => {
    const other = folder();
    const stranger = await prepareDemonstration({
      directory: other,
      clock: systemClock,
      seed: 4,
      patients: 60,
      faults: 'none',
    });
    await stranger.close();
    const ended = await refusedWith('authority', ({ target }) =>
      Object.assign(target.config, { ca: join(other, 'sandbox-ca.pem') }),
    );
    expect({ code: ended.code, said: /PEER_NOT_TRUSTED/.test(ended.stderr) }).toEqual({ code: 3, said: true });
  });

  test('with a wrong token is refused, and the token is not shown', async () => {
    writeFileSync(join(directory, 'wrong.token'), 'canary-token-4711');
    const ended = await refusedWith('token', ({ target }) =>
      Object.assign(target.secrets, { token: 'file:./wrong.token' }),
    );
    expect({ code: ended.code, said: /AUTH_FAILED/.test(ended.stderr) }).toEqual({ code: 3, said: true });
    expect(ended.stdout + ended.stderr).not.toContain('canary-token-4711');
  });

  test('that hangs up is said to be unavailable, with what to do', async () => {
    const { port } = silent.address() as { port: number };
    const ended = await refusedWith('down', ({ target }) =>
      Object.assign(target.config, { baseUrl: `https://127.0.0.1:${port}/fhir` }),
    );
    expect({ code: ended.code, said: /fault: (UNAVAILABLE|STREAM_TRUNCATED)/.test(ended.stderr) }).toEqual({
      code: 1,
      said: true,
    });
    expect(ended.stderr).toContain('once the other side answers');
  });

  test('when one person plays both parts the launch is refused', async () => {
    const path = join(directory, 'alone.yaml');
    writeFileSync(path, readFileSync(world.plan, 'utf8'));
    const alone = ['--operator', who.operator, '--approver', who.operator];
    const ended = await runWaybill(['migrate', path, '--data', join(directory, 'data-alone'), ...alone], { directory });
    expect({ code: ended.code, said: /ROLE_REQUIRED|MAKER_IS_CHECKER/.test(ended.stderr) }).toEqual({
      code: 3,
      said: true,
    });
    const without = await runWaybill(['migrate', path, '--data', join(directory, 'data-without')], { directory });
    expect({ code: without.code, said: /approv/i.test(without.stderr) }).toEqual({ code: 3, said: true });
  });
});

describe('strange items', () => {
  test('with strange names, and empty ones, arrive under their own names', async () => {
    const names = [
      "it's 100% (done).txt",
      'line\nbreak.txt',
      '世界 — ø.txt',
      '"q".txt',
      'a..b.txt',
      '-rf.txt',
      'empty.bin',
      'sub folder/deep/x',
    ];
    const { run, source, target } = local((root) => {
      mkdirSync(join(root, 'sub folder', 'deep'), { recursive: true });
      for (const name of names) writeFileSync(join(root, name), name === 'empty.bin' ? '' : name);
    });
    const ended = await run();
    expect({ code: ended.code, stderr: ended.code === 0 ? '' : ended.stderr }).toEqual({ code: 0, stderr: '' });
    expect(await readFolder(target)).toEqual(await readFolder(source));
  });

  test('that lead out of the source are not followed', async () => {
    const outside = folder();
    writeFileSync(join(outside, 'secret.txt'), 'not yours');
    const { run, target } = local((root) => {
      writeFileSync(join(root, 'mine.txt'), 'mine');
      symlinkSync(join(outside, 'secret.txt'), join(root, 'link.txt'));
      symlinkSync(outside, join(root, 'linked'));
    });
    const ended = await run();
    expect([0, 2]).toContain(ended.code);
    expect(Object.keys(await readFolder(target))).toEqual(['mine.txt']);
  });

  test('of one gibibyte pass through with little memory', async () => {
    const { run, target } = local((root) => {
      writeFileSync(join(root, 'large.bin'), 'start');
      truncateSync(join(root, 'large.bin'), GIBIBYTE);
    });
    const ended = await run();
    expect({ code: ended.code, bytes: ended.json?.bytes, stderr: ended.code === 0 ? '' : ended.stderr }).toEqual({
      code: 0,
      bytes: GIBIBYTE,
      stderr: '',
    });
    expect(Object.keys(await readFolder(target))).toEqual(['large.bin']);
  });
});

describe('a target without room', () => {
  const mounted: string[] = [];
  afterAll(() => {
    for (const each of mounted) spawnSync('umount', [each]);
  });

  test('pauses the batch, says why, shows nothing half-written, and ends clean once there is room', async () => {
    const { run, place, target } = local((root) => writeFileSync(join(root, 'large.bin'), Buffer.alloc(6_000_000, 7)));
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', target]);
    if (mount.status !== 0) return void process.stderr.write('skipped: no small file system can be mounted here\n');
    mounted.push(target);
    const full = await run();
    expect({ code: full.code, outcome: full.json?.outcome }).toEqual({ code: 1, outcome: 'paused' });
    expect(full.stderr).toContain('SPACE_EXHAUSTED');
    expect(Object.keys(await readFolder(target)).filter((name) => !name.startsWith('.'))).toEqual([]);
    expect(spawnSync('mount', ['-o', 'remount,size=20m', target]).status).toBe(0);
    const resumed = await runWaybill(['resume', '--data', 'data', '--json', '--decision', 'room was made'], {
      directory: place,
    });
    expect({ code: resumed.code, stderr: resumed.code === 0 ? '' : resumed.stderr }).toEqual({ code: 0, stderr: '' });
    expect(readdirSync(target).filter((name) => !name.startsWith('.'))).toEqual(['large.bin']);
  });
});

describe('a house that is in use', () => {
  test('is not opened a second time', async () => {
    const { place } = local(() => undefined);
    const serving = startWaybill(['serve', '--data', 'data'], { directory: place, environment: { PORT: '0' } });
    await serving.said(/gateway http/);
    const second = await runWaybill(['status', '--data', 'data'], { directory: place });
    serving.process.kill('SIGTERM');
    expect((await serving.ended).code).toBe(0);
    expect({ code: second.code, said: /STORE_IN_USE/.test(second.stderr) }).toEqual({ code: 1, said: true });
  });

  test('and what is no evidence pack is said not to be one', async () => {
    const place = folder();
    writeFileSync(join(place, 'file'), 'x');
    for (const path of [place, join(place, 'file'), join(place, 'nothing')]) {
      const ended = await runWaybill(['verify', path], { directory: place });
      expect({ code: ended.code, isDefect: (ended.stdout + ended.stderr).includes('DEFECT') }).toEqual({
        code: 1,
        isDefect: false,
      });
    }
  });
});
