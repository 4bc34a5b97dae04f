/** What a migration leaves behind as evidence: checked by strangers' tools, offline, and by us to the last byte. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { chmodSync, cpSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Demonstration, prepareDemonstration } from '../../demo/demonstration.ts';
import { people as patients } from '../../demo/practice/people.ts';
import { seededRandom } from '../../demo/practice/random.ts';
import { systemClock } from '../../kernel/clock.ts';
import { generateSigningKey } from '../../kernel/signature.ts';
import type { ControlLine } from '../../subgraphs/audit/domain/controls.ts';
import { verifyPack } from '../../subgraphs/audit/domain/verify.ts';
import { readerOf, readFolder } from '../audit/folder.ts';
import { onOneDialect, type Place } from '../support/databases.ts';
import { people } from '../support/people.ts';
import { type PlainTools, plainTools } from '../support/plain-tools.ts';
import { databaseSettings, type Ended, runWaybill } from '../support/waybill.ts';

const SEED = 13;
const PATIENTS = 60;
/** Shorter ones come about by chance in base64. */
const NAME_LENGTH_MIN_CHARS = 5;
/** The first file of every folder is tried, and of the others one in so many; a pack is the same from any database. */
const STRIDE = 3;
const ALTERED_FOR_REAL = [
  'bagit.txt',
  'manifest-sha256.txt',
  'data/audit/checkpoint',
  'data/validation/dispositions.json',
  'signatures/tagmanifest.ed25519.sig',
];

type Files = ReadonlyMap<string, Buffer>;

onOneDialect('the evidence of a migration', (dialect) => {
  let place: Place;
  let world: Demonstration;
  let ended: Ended;
  let pack: string;
  let files: Files;
  let tools: PlainTools;
  const random = seededRandom(SEED);

  beforeAll(async () => {
    place = await dialect.enter();
    const { directory } = place;
    const options = { directory, clock: systemClock, seed: SEED, patients: PATIENTS, faults: 'planted' } as const;
    world = await prepareDemonstration(options);
    const { flags } = await people(directory);
    const args = ['migrate', world.plan, '--data', 'data', '--json', ...flags];
    ended = await runWaybill(args, { directory, environment: databaseSettings(place) });
    pack = ended.json?.evidence ?? '';
    if (pack === '') throw new Error(`no evidence; it ended with ${ended.code}:\n${ended.stderr}`);
    files = readFolder(pack);
    tools = plainTools(join(directory, 'tools'));
  });
  afterAll(async () => {
    await world.close();
    await place.leave();
  });

  const verify = (folder: string, ...options: string[]) =>
    runWaybill(['verify', folder, ...options], { directory: place.directory });
  const problems = (changed: Files) => verifyPack(readerOf(changed)).problems;
  const without = (path: string): Files => new Map([...files].filter(([each]) => each !== path));
  const tried = (): readonly string[] => {
    const firsts = new Set(new Map([...files.keys()].toReversed().map((path) => [dirname(path), path])).values());
    return [...files.keys()].filter((path, at) => at % STRIDE === 0 || firsts.has(path));
  };
  /** The file with one bit of one byte turned. */
  const flipped = (path: string): Buffer => {
    const bytes = Buffer.from(files.get(path) ?? '');
    const at = random.integer(0, bytes.byteLength - 1);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.integer(0, 7));
    return bytes;
  };
  /** A copy of the pack that may be changed. */
  const copyOf = (name: string): string => {
    const copy = join(place.directory, 'copies', name);
    cpSync(pack, copy, { recursive: true });
    return copy;
  };
  const write = (folder: string, path: string, bytes: Buffer | string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    if (files.has(path)) chmodSync(join(folder, path), 0o600);
    writeFileSync(join(folder, path), bytes);
  };

  test('is named in the summary, verifies, and says whose key it trusts', async () => {
    expect({ code: ended.code, outcome: ended.json?.outcome }).toEqual({ code: 2, outcome: 'exceptions-open' });
    const key = join(pack, 'keys', 'seal.pub.pem');
    const stranger = join(place.directory, 'stranger.pem');
    writeFileSync(stranger, generateSigningKey().publicKey);
    const [plain, given, wrong] = await Promise.all([
      verify(pack),
      verify(pack, '--key', key, '--json'),
      verify(pack, '--key', stranger),
    ]);
    expect(`${plain.code} ${plain.stdout}`).toMatch(/^0 verified: .*trusting the key inside the pack \([0-9a-f]{16}\)/);
    expect(plain.stdout).toMatch(/^connector sftp 1\.0\.0: (no conformance report: |kit )/m);
    expect(given.code).toBe(0);
    expect(JSON.parse(given.stdout)).toMatchObject({ ok: true, trust: 'key-given', problems: [], files: files.size });
    expect(`${wrong.code} ${wrong.stdout}`).toMatch(/^1 KEY_NOT_TRUSTED/);
  });

  test('says of every end by what it was reached, and of every end in the network what was negotiated', () => {
    const documents = [...files].filter(([path]) => /^data\/connections\/(source|target)-/.test(path));
    const read = documents.map(([path, bytes]) => {
      const { transport, negotiated } = JSON.parse(String(bytes)) as { transport: string; negotiated: object | null };
      return { end: path.replace(/(\.\d+)?\.json$/, ''), transport, said: Object.keys(negotiated ?? {}) };
    });
    const ends = ['source-sftp', 'target-https-api', 'target-hl7-file-drop'].map((end) => `data/connections/${end}`);
    expect([...new Set(read.map(({ end }) => end))].sort()).toEqual(ends.toSorted());
    for (const { end, transport, said } of read) {
      // A drop folder of this machine.
      if (end === ends[2]) expect(said).toEqual([]);
      else expect(said).toEqual(expect.arrayContaining(['cipher', transport === 'ssh' ? 'hostKey' : 'certificate']));
    }
  });

  test('maps what a migration is held to onto what shows it, and says where nothing does', () => {
    const lines = (files.get('data/controls/controls.ndjson')?.toString() ?? '').trimEnd().split('\n');
    const controls = lines.map((line) => JSON.parse(line) as ControlLine);
    for (const { id, documents, entries } of controls) {
      const paths = entries.map((at) => `data/audit/entries/${String(at).padStart(8, '0')}.json`);
      expect({ id, absent: [...documents, ...paths].filter((path) => !files.has(path)) }).toEqual({ id, absent: [] });
    }
    // Nobody of this practice has signed for what arrived.
    const unshown = controls.filter(({ documents, entries }) => documents.length + entries.length === 0);
    expect(unshown.map(({ id }) => id)).toEqual(['sign-off']);
    const page = files.get('README.html')?.toString() ?? '';
    expect(page.match(/<td>nothing in this pack<\/td>/g)).toHaveLength(1);
    expect(page).toContain('45 CFR 164.312(b)');
  });

  test('is whole for sha256sum, without a network', () => {
    for (const manifest of ['manifest-sha256.txt', 'tagmanifest-sha256.txt'])
      expect(tools.run(['sha256sum', '-c', '--quiet', '--strict', manifest], pack)).toEqual({ code: 0, output: '' });
  });

  test('says itself how to check it, and every command it gives works with nothing but plain tools', () => {
    const text = readFileSync(join(pack, 'VERIFY.txt'), 'utf8');
    const commands = [...text.replaceAll(/(\\|\|)\n\s+/g, '$1 ').matchAll(/^ {5}(\S.*)$/gm)].map(
      ([, command]) => command,
    );
    expect(commands.length).toBe(7);
    const listed = join(place.directory, 'listed');
    for (const command of commands) {
      const script = String(command).replaceAll('\\ ', '').replaceAll('/tmp/listed', listed);
      const { code, output } = tools.run(['sh', '-euc', script], pack);
      expect({ script, code }).toEqual({ script, code: 0 });
      expect(output).toMatch(
        script.includes('verify-entry') ? /^INCLUDED in/ : script.startsWith('openssl') ? /\S/ : /^$/,
      );
    }
  });

  test('proves every entry that is set apart to our script, and no other', () => {
    const entries = [...files.keys()].filter((path) => /^data\/audit\/entries\/\d+\.json$/.test(path));
    expect(entries.length).toBeGreaterThan(50);
    const check = (entry: string, proof: string) =>
      tools.run(['sh', 'tools/verify-entry.sh', 'keys/log.pub.pem', entry, proof.replace(/json$/, 'tlog-proof')], pack);
    const some = [entries.at(0), entries.at(-1), random.pick(entries)].map(String);
    for (const entry of some) expect(check(entry, entry)).toMatchObject({ code: 0 });
    expect(check(entries[0] ?? '', entries[1] ?? '')).toMatchObject({ code: 1 });
  });

  test('names the file in which one byte was turned, in whichever folder it is', () => {
    for (const path of tried()) {
      const found = problems(new Map([...files, [path, flipped(path)]]));
      expect({ path, named: found.some(({ file }) => file === path) }).toEqual({ path, named: true });
    }
  });

  test('names the file that was removed, from whichever folder, and the file that was added, wherever', () => {
    for (const path of tried()) {
      const found = problems(without(path));
      expect({ path, named: found.some(({ file }) => file === path) }).toEqual({ path, named: true });
    }
    for (const folder of new Set([...files.keys()].map(dirname))) {
      const added = join(folder, 'added.json');
      expect(problems(new Map([...files, [added, Buffer.from('{}')]])).map(({ file }) => file)).toContain(added);
    }
  });

  test('ends the command with 1 for a byte turned, a file removed and a file added, each by name', async () => {
    const cases = [
      ...ALTERED_FOR_REAL.map((path, at) => ({ path, folder: copyOf(`altered-${at}`), bytes: flipped(path) })),
      { path: 'README.html', folder: copyOf('removed'), bytes: undefined },
      { path: 'data/manifests/another.ndjson', folder: copyOf('added'), bytes: '{}\n' },
    ];
    for (const { path, folder, bytes } of cases) {
      if (bytes === undefined) rmSync(join(folder, path));
      else write(folder, path, bytes);
    }
    const all = await Promise.all(cases.map(({ folder }) => verify(folder)));
    for (const [at, { code, stdout }] of all.entries())
      expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining(`"${cases[at]?.path}"`) });
  });

  test('holds no patient and no secret, whatever it is wrapped in', () => {
    const known = patients(PATIENTS, seededRandom(SEED));
    const named = known.flatMap(({ last, first, mrn, phone, street, born }) => [
      ...[last, first].filter(({ length }) => length >= NAME_LENGTH_MIN_CHARS),
      ...[mrn, phone, street, born, born.replaceAll('-', '')],
    ]);
    const words = [...new Set(named)].map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    const personal = new RegExp(`(?<![\\w+/])(${words.join('|')})(?![\\w+/])`);
    const secrets = secretsOf(place.directory);
    for (const [path, bytes] of files) {
      const texts = [bytes.toString(), ...payloadsOf(path, bytes)];
      for (const text of texts) {
        expect({ path, found: personal.exec(text)?.[0] }).toEqual({ path, found: undefined });
        for (const secret of secrets) expect({ path, leaks: text.includes(secret) }).toEqual({ path, leaks: false });
      }
    }
  });

  test('is finished: nothing can be written to, and nothing half-written lies about', () => {
    for (const path of files.keys())
      expect({ path, mode: lstatSync(join(pack, path)).mode & 0o222 }).toEqual({ path, mode: 0 });
    expect(readdirSync(dirname(pack))).toEqual(['pack-demonstration-0001']);
    const data = join(place.directory, 'data');
    expect(readdirSync(join(data, 'strongroom', 'incoming'))).toEqual([]);
    expect(readdirSync(join(data, 'scratch')).flatMap((name) => readdirSync(join(data, 'scratch', name)))).toEqual([]);
  });
});

/** What a statement says, out of its envelope. */
function payloadsOf(path: string, bytes: Buffer): readonly string[] {
  if (!path.endsWith('.dsse.json')) return [];
  const { payload } = JSON.parse(bytes.toString()) as { payload: string };
  return [Buffer.from(payload, 'base64').toString()];
}

/** Every line of every key and token that was around, long enough to be one. */
function secretsOf(directory: string): readonly string[] {
  const keys = join(directory, 'data', 'keys');
  const kept = ['mover.key', 'fhir.token', 'olga.key', 'anna.key'].map((name) => join(directory, name));
  const texts = [...kept, ...readdirSync(keys).map((name) => join(keys, name))].map((path) =>
    readFileSync(path, 'utf8'),
  );
  const parts = texts.flatMap((text) => {
    const isKeyFile = text.startsWith('{');
    return (isKeyFile ? (JSON.parse(text) as { privateKey: string }).privateKey : text).split(/\n|\\n/);
  });
  const secrets = parts.filter((part) => part.length >= 16 && !part.startsWith('-----'));
  if (secrets.length < 5) throw new Error('there should be more secrets around');
  return secrets;
}
