import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sha256 } from '../../../kernel/digest.ts';
import { generateSigningKey } from '../../../kernel/signature.ts';
import { pemOf } from '../../../subgraphs/audit/domain/public-key.ts';
import { openFolder } from '../../../runtime/folder.ts';
import { verifyPack } from '../../../subgraphs/audit/domain/verify.ts';
import type { EvidencePackRow } from '../../../subgraphs/audit/store/tables.ts';
import { onEveryDialect, type Place } from '../../support/databases.ts';
import { readFolder, readerOf } from '../folder.ts';
import { BATCH, DATASET, migrate, MIGRATION, openPackHouse, type PackHouse } from '../pack-house.ts';

onEveryDialect('an evidence pack', (dialect) => {
  let place: Place;
  let house: PackHouse;
  let row: EvidencePackRow;
  let folder: string;
  let files: Map<string, Buffer>;

  beforeAll(async () => {
    place = await dialect.enter();
    house = await openPackHouse(place);
    await migrate(house);
    row = await house.seal();
    folder = join(house.folder, row.name);
    files = readFolder(folder);
  });
  afterAll(async () => {
    await house.close();
    await place.leave();
  });

  const problemsOf = (changed: ReadonlyMap<string, Uint8Array>) =>
    verifyPack(readerOf(changed)).problems.map((problem) => problem.file);
  const withFile = (path: string, bytes: Uint8Array) => new Map([...files, [path, bytes]]);

  test('is sealed under the name of its migration and the first number, and says what it holds', () => {
    expect(row).toMatchObject({
      name: 'pack-Lakeside-to-Cloud-0001',
      state: 'sealed',
      requestedBy: 'olga',
      problem: null,
    });
    expect(row.bagDigest).toBe(sha256(files.get('tagmanifest-sha256.txt') ?? ''));
    expect([...files.keys()].filter((path) => !path.startsWith('data/audit/'))).toEqual(EXPECTED_FILES);
  });

  test('verifies from its folder, with the key inside and with the key given', () => {
    const trusted = pemOf(house.keys.seal.publicKey);
    expect(verifyPack(openFolder(folder))).toMatchObject({
      problems: [],
      trust: 'key-in-pack',
      keyId: house.keys.seal.keyId,
    });
    const verification = verifyPack(openFolder(folder), trusted);
    expect(verification).toMatchObject({ problems: [], trust: 'key-given', files: files.size });
    expect(verification.log).toMatchObject({ size: row.checkpointSize, origin: house.sequencer.origin });
  });

  test('does not verify with the key of somebody else', () => {
    const { problems } = verifyPack(openFolder(folder), generateSigningKey().publicKey);
    expect(problems.map(({ code }) => code)).toContain('KEY_NOT_TRUSTED');
    expect(problems.map(({ code }) => code)).toContain('SIGNATURE_WRONG');
  });

  test('names every file in which one byte is flipped, wherever it is', () => {
    for (const [path, bytes] of files) {
      for (const at of offsetsIn(path, bytes.length)) {
        const flipped = Buffer.from(bytes);
        flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
        expect([path, at, problemsOf(withFile(path, flipped)).includes(path)]).toEqual([path, at, true]);
      }
    }
  });

  test('names every file that is cut short, made longer, emptied or removed', () => {
    for (const [path, bytes] of files) {
      for (const changed of [bytes.subarray(0, -1), Buffer.concat([bytes, Buffer.from('\n')]), Buffer.alloc(0)]) {
        if (changed.length === bytes.length) continue;
        expect([path, problemsOf(withFile(path, changed)).includes(path)]).toEqual([path, true]);
      }
      const without = new Map(files);
      without.delete(path);
      expect([path, problemsOf(without).includes(path)]).toEqual([path, true]);
    }
  });

  test('names a file that is added, in any of its folders', () => {
    const folders = new Set([...files.keys()].map((path) => dirname(path)));
    for (const each of ['.', 'elsewhere', ...folders]) {
      for (const name of ['added', '.hidden', 'a b', '99999999.json', 'x.dsse.json', '256']) {
        const path = each === '.' ? name : `${each}/${name}`;
        if (!files.has(path))
          expect([path, problemsOf(withFile(path, Buffer.from('x'))).includes(path)]).toEqual([path, true]);
      }
    }
  });

  test('names two files whose contents are exchanged', () => {
    const [one, other] = ['data/inventory/plan.json', 'data/inventory/policy.json'];
    const changed = withFile(one, files.get(other) ?? Buffer.alloc(0)).set(other, files.get(one) ?? Buffer.alloc(0));
    expect(problemsOf(changed)).toEqual(expect.arrayContaining([one, other]));
  });

  test('is checked with coreutils and openssl alone', () => {
    for (const manifest of ['manifest-sha256.txt', 'tagmanifest-sha256.txt']) {
      expect(run('sha256sum', ['-c', '--quiet', '--strict', manifest])).toMatchObject({ status: 0, stdout: '' });
    }
    const seal = ['pkeyutl', '-verify', '-pubin', '-inkey', 'keys/seal.pub.pem', '-rawin', '-in'];
    const rest = ['tagmanifest-sha256.txt', '-sigfile', 'signatures/tagmanifest.ed25519.sig'];
    expect(run('openssl', [...seal, ...rest])).toMatchObject({ status: 0 });
    const keyId = execFileSync(
      'sh',
      ['-c', 'openssl pkey -pubin -in keys/seal.pub.pem -outform DER | sha256sum | cut -c1-16'],
      {
        cwd: folder,
      },
    );
    expect(keyId.toString().trim()).toBe(house.keys.seal.keyId);
  });

  test('tells in VERIFY.txt commands that work as they are written', () => {
    const copy = copyOf(folder);
    const commands =
      files
        .get('VERIFY.txt')
        ?.toString()
        .match(/^ {5}\S.*(\n {7}\S.*)*$/gm) ?? [];
    expect(commands.length).toBe(7);
    const script = [
      'set -e',
      ...commands.map((each) => each.replaceAll('/tmp/listed', join(copy, '..', 'listed'))),
    ].join('\n');
    const good = spawnSync('sh', ['-c', script], { cwd: copy, encoding: 'utf8' });
    expect(good.stderr).toBe('');
    expect(good.stdout).toContain(`INCLUDED in ${house.sequencer.origin}`);
    writeFileSync(join(copy, 'signatures', 'added'), 'x');
    expect(spawnSync('sh', ['-c', script], { cwd: copy, encoding: 'utf8' }).stdout).toContain('> signatures/added');
  });

  test('has each decision and sealed stage proved by the shell script, and nothing else proved by it', () => {
    const proofs = [...files.keys()].filter((path) => path.endsWith('.tlog-proof'));
    // Three stages and three decisions; one of another migration is not among them.
    expect(proofs.length).toBe(6);
    const script = (entry: string, proof: string) =>
      run('sh', ['tools/verify-entry.sh', 'keys/log.pub.pem', entry, proof]);
    for (const proof of proofs) {
      const entry = proof.replace('.tlog-proof', '.json');
      expect(script(entry, proof)).toMatchObject({ status: 0, stderr: '' });
      expect(script('bagit.txt', proof)).toMatchObject({ status: 1 });
    }
    const [first = '', second = ''] = proofs;
    expect(script(first.replace('.tlog-proof', '.json'), second)).toMatchObject({ status: 1 });
    expect(
      run('sh', ['tools/verify-entry.sh', 'keys/seal.pub.pem', first.replace('.tlog-proof', '.json'), first]),
    ).toMatchObject({ status: 1 });
  });

  test('has a page for strangers that runs nothing, fetches nothing and breaks on no name', () => {
    const page = files.get('README.html')?.toString() ?? '';
    expect(page).not.toMatch(/<script|javascript:|https?:|<img|<link|on\w+=/i);
    expect(page).toContain('Evidence of the migration Lakeside &lt;to&gt; Cloud');
    expect(page).toContain('<td>launch-approved</td>');
    expect(page).toContain('tests &amp; &lt;checks&gt; are done');
    expect(page).toContain('<td>truncation</td><td>major</td><td class="n">1</td>');
    expect(page).toContain(`<td>${BATCH}</td><td>letters</td><td class="n">4</td><td class="n">2</td>`);
  });

  test('is sealed again under the next number, and differs only in what depends on the log', async () => {
    const again = await house.seal();
    expect(again.name).toBe('pack-Lakeside-to-Cloud-0002');
    const second = readFolder(join(house.folder, again.name));
    expect(verifyPack(readerOf(second)).problems).toEqual([]);
    const stages = [...files.keys()].filter((path) =>
      /data\/(inventory|mapping|manifests|reconciliation)\//.test(path),
    );
    expect(stages.map((path) => second.get(path))).toEqual(stages.map((path) => files.get(path)));
    expect(readdirSync(house.folder).sort()).toEqual([row.name, again.name]);
  });

  test('is finished by whoever comes after a crash, before or after it was shown, and is the same pack', async () => {
    const building = join(house.folder, '.building-pack-Lakeside-to-Cloud-0003');
    mkdirSync(join(building, 'data'), { recursive: true });
    writeFileSync(join(building, 'data', 'half'), 'written');
    const third = await house.seal();
    expect(verifyPack(openFolder(join(house.folder, third.name))).problems).toEqual([]);
    const before = readFolder(join(house.folder, third.name));
    expect(await house.sealAgain(third)).toMatchObject({
      state: 'sealed',
      bagDigest: third.bagDigest,
      name: third.name,
    });
    expect(readFolder(join(house.folder, third.name))).toEqual(before);
    expect(readdirSync(house.folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('can be sealed before anything is reconciled, and when nothing is known at all', async () => {
    const other = await dialect.enter();
    const empty = await openPackHouse(other);
    try {
      const early = await empty.seal();
      expect(early.state).toBe('sealed');
      expect(verifyPack(openFolder(join(empty.folder, early.name))).problems).toEqual([]);
    } finally {
      await empty.close();
      await other.leave();
    }
  });

  test('is not shown when a sealed document is missing from the strongroom', async () => {
    const ids = { migrationId: MIGRATION, datasetId: 'ds-2', batchId: 'bat-2' };
    await house.tell('transfer.batch-moved.v1', { ...ids, record: sha256('nothing') });
    const missing = await house.seal();
    expect(missing).toMatchObject({ state: 'failed', problem: expect.stringContaining('STRONGROOM_MISSING') });
    expect(readdirSync(house.folder)).not.toContain(missing.name);
  });

  test('is told to be no pack when it has a link, an empty folder or nothing in it', () => {
    const copy = copyOf(folder);
    symlinkSync('/etc/passwd', join(copy, 'data', 'link'));
    mkdirSync(join(copy, 'empty'));
    expect(verifyPack(openFolder(copy)).problems).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ file: 'data/link', code: 'NOT_A_FILE' }),
        expect.objectContaining({ file: 'empty', code: 'NOT_A_FILE' }),
      ]),
    );
    expect(verifyPack(readerOf(new Map())).problems.length).toBeGreaterThan(5);
  });

  const run = (command: string, args: readonly string[]) => spawnSync(command, args, { cwd: folder, encoding: 'utf8' });

  function copyOf(pack: string): string {
    const copy = join(place.directory, 'copies', 'pack');
    rmSync(copy, { recursive: true, force: true });
    cpSync(pack, copy, { recursive: true });
    return copy;
  }
});

const EXPECTED_FILES = [
  'README.html',
  'VERIFY.txt',
  'bag-info.txt',
  'bagit.txt',
  'data/approvals/decisions.ndjson',
  `data/attestations/batch-reconciled-${BATCH}.dsse.json`,
  `data/attestations/declared-${MIGRATION}.dsse.json`,
  `data/attestations/manifest-sealed-${BATCH}.dsse.json`,
  `data/attestations/moved-${BATCH}.dsse.json`,
  `data/attestations/sealed-${MIGRATION}.dsse.json`,
  `data/attestations/surveyed-${DATASET}.dsse.json`,
  'data/controls/controls.ndjson',
  'data/exceptions/ledger.ndjson',
  `data/inventory/${DATASET}.survey.ndjson`,
  'data/inventory/plan.json',
  'data/inventory/policy.json',
  `data/manifests/${BATCH}.record.ndjson`,
  `data/manifests/${BATCH}.source.ndjson`,
  `data/manifests/${BATCH}.source.sha256`,
  `data/manifests/${BATCH}.target.ndjson`,
  `data/mapping/${DATASET}.lineage.json`,
  `data/reconciliation/${BATCH}.report.json`,
  'data/validation/dispositions.json',
  'keys/log.pub.pem',
  'keys/log.vkey',
  'keys/seal.pub.pem',
  'manifest-sha256.txt',
  'signatures/tagmanifest.ed25519.sig',
  'tagmanifest-sha256.txt',
  'tools/verify-entry.sh',
];

/** The first byte, the last, and one between that is the same on every run. */
function offsetsIn(path: string, length: number): readonly number[] {
  if (length === 0) return [];
  const between = Number.parseInt(sha256(path).slice(0, 12), 16) % length;
  return [...new Set([0, between, length - 1])];
}
