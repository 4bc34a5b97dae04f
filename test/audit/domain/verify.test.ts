import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson, type Json } from '../../../kernel/canonical-json.ts';
import { sha256 } from '../../../kernel/digest.ts';
import { generateSigningKey, signerOf } from '../../../kernel/signature.ts';
import { originOf, signCheckpoint } from '../../../subgraphs/audit/domain/checkpoint.ts';
import { openStatement, sealStatement } from '../../../subgraphs/audit/domain/envelope.ts';
import { decodeBundle, encodeBundle } from '../../../subgraphs/audit/domain/tile.ts';
import { type PackReader, verifyInSteps, verifyPack } from '../../../subgraphs/audit/domain/verify.ts';
import { readerOf } from '../folder.ts';
import { BATCH, buildSmallPack, ENTRIES, KEYS, MIGRATION, reseal, STAGES } from '../small-pack.ts';

type Files = ReadonlyMap<string, Buffer>;

const DISPOSITIONS = 'data/validation/dispositions.json';
const DECISIONS = 'data/approvals/decisions.ndjson';
const SEALED = `data/attestations/sealed-${MIGRATION}.dsse.json`;
const RECONCILED = `data/attestations/batch-reconciled-${BATCH}.dsse.json`;
const FIRST_BUNDLE = 'data/audit/tile/entries/000';

let pack: Files;
beforeAll(async () => {
  pack = await buildSmallPack();
});

const problems = (files: Files) => verifyPack(readerOf(files)).problems.map(({ file, code }) => `${code} ${file}`);
const bytesOf = (path: string): Buffer => pack.get(path) ?? Buffer.alloc(0);
const textOf = (path: string): string => bytesOf(path).toString();
const changed = (...changes: readonly (readonly [string, Buffer | string])[]): Files =>
  reseal(new Map([...pack, ...changes.map(([path, bytes]) => [path, Buffer.from(bytes)] as const)]));

/** The sealer's statement, made again for a page that he changed. */
function restated(path: string, text: string): readonly [string, string] {
  const statement = openStatement(textOf(SEALED), KEYS.seal.publicKey);
  const subjects = (statement?.subjects ?? []).map((each) =>
    each.name === path ? { name: path, sha256: sha256(text) } : each,
  );
  return [SEALED, sealStatement({ subjects, predicate: statement?.predicate ?? {} }, KEYS.seal)];
}

describe('a pack that was sealed by somebody who lies', () => {
  test('verifies as long as nothing is changed', () => {
    expect(problems(pack)).toEqual([]);
    expect(problems(reseal(pack))).toEqual([]);
  });

  test.each([
    ['an item that is in no disposition', (counts: Counts) => ({ ...counts, verified: counts.verified - 1 })],
    ['an item that is in two dispositions', (counts: Counts) => ({ ...counts, failed: counts.failed + 1 })],
    ['a negative count', (counts: Counts) => ({ ...counts, failed: -1, verified: counts.verified + 1 })],
    ['a count that is none', (counts: Counts) => ({ ...counts, failed: '0' })],
  ])('is found by %s', (_, lie) => {
    const page = JSON.parse(textOf(DISPOSITIONS)) as { batches: { dispositions: Counts }[]; total: Counts };
    for (const where of ['batch', 'total']) {
      const batches = page.batches.map((each) => ({ ...each, dispositions: lie(each.dispositions) }));
      const told = where === 'batch' ? { ...page, batches } : { ...page, total: lie(page.total) };
      const text = `${canonicalJson(told as unknown as Json)}\n`;
      const found = problems(changed([DISPOSITIONS, text], restated(DISPOSITIONS, text)));
      expect(found.every((each) => each.endsWith(DISPOSITIONS)) && found.length > 0).toBe(true);
    }
  });

  test('is found by a decision that is not what the log has', () => {
    for (const lie of [
      textOf(DECISIONS).replace('anna', 'olga'),
      textOf(DECISIONS).replace('"position":1', '"position":0'),
    ]) {
      expect(problems(changed([DECISIONS, lie], restated(DECISIONS, lie)))).toEqual([`COUNTS_WRONG ${DECISIONS}`]);
    }
  });

  test('is found by an entry that was changed, exchanged or left out, in the log or beside it', () => {
    const entries = decodeBundle(bytesOf(FIRST_BUNDLE)) ?? [];
    const [first = Buffer.alloc(0), second = Buffer.alloc(0), ...rest] = entries;
    const other = Buffer.from(first.toString().replace('succeeded', 'refused'));
    for (const lie of [
      [other, second, ...rest],
      [second, first, ...rest],
      [second, ...rest],
      [first, first, second, ...rest],
    ]) {
      const found = problems(changed([FIRST_BUNDLE, encodeBundle(lie)]));
      expect(found.length).toBeGreaterThan(0);
      expect(found.every((each) => each.includes(' data/audit/'))).toBe(true);
    }
    const beside = problems(changed(['data/audit/entries/00000000.json', other]));
    expect(beside).toContain('PROOF_WRONG data/audit/entries/00000000.json');
  });

  test('is found by an entry that is in the log twice', async () => {
    const again = await buildSmallPack({ entries: [...ENTRIES, ...ENTRIES.slice(0, 1)] });
    expect(problems(again)).toEqual(['LOG_NOT_DERIVED data/audit/tile/entries/001.p/9']);
  });

  test('is found by a checkpoint of another size, root, log or key, however large it says the log is', () => {
    const origin = originOf(KEYS.log);
    const path = 'data/audit/checkpoint';
    for (const size of [0, 1, 263, 265, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
      const note = signCheckpoint({ origin, size, root: Buffer.alloc(32) }, KEYS.log);
      expect(problems(changed([path, note]))).toContain(`LOG_NOT_DERIVED ${path}`);
    }
    const stranger = signerOf(generateSigningKey().privateKey);
    const note = signCheckpoint({ origin, size: 264, root: Buffer.alloc(32) }, stranger);
    expect(problems(changed([path, note]))).toContain(`SIGNATURE_WRONG ${path}`);
  });

  test('is found by proofs that are exchanged', () => {
    const [one, other] = ['data/audit/entries/00000001.tlog-proof', 'data/audit/entries/00000002.tlog-proof'];
    expect(problems(changed([one, bytesOf(other)], [other, bytesOf(one)]))).toEqual(
      expect.arrayContaining([`PROOF_WRONG ${one}`, `PROOF_WRONG ${other}`]),
    );
  });

  test('is found by a statement of somebody else, about something else, or anchored somewhere else', () => {
    const statement = openStatement(textOf(RECONCILED), KEYS.seal.publicKey);
    if (statement === undefined) throw new Error('the statement does not open');
    const { subjects, predicate } = statement;
    const stranger = signerOf(generateSigningKey().privateKey);
    const lies = [
      sealStatement(statement, stranger),
      sealStatement({ subjects: subjects.slice(1), predicate }, KEYS.seal),
      sealStatement({ subjects, predicate: { ...predicate, entries: [1] } }, KEYS.seal),
      sealStatement({ subjects, predicate: { ...predicate, entries: [99] } }, KEYS.seal),
      textOf(RECONCILED).replace('"signatures":[', '"signatures":[{},'),
      '{}',
      'null',
    ];
    for (const lie of lies) expect(problems(changed([RECONCILED, lie])).join(' ')).toContain('STATEMENT_WRONG');
    const subject = subjects[0]?.name ?? '';
    const renamed = subjects.map((each) => ({ ...each, name: each.name === subject ? 'data/elsewhere' : each.name }));
    const missing = problems(changed([RECONCILED, sealStatement({ subjects: renamed, predicate }, KEYS.seal)]));
    expect(missing).toEqual(expect.arrayContaining(['MISSING data/elsewhere', `STATEMENT_WRONG ${subject}`]));
  });

  test('is found by a listed file that no statement speaks for, or that is no part of the log', () => {
    expect(problems(changed(['data/inventory/extra.json', '{}']))).toEqual([
      'STATEMENT_WRONG data/inventory/extra.json',
    ]);
    expect(problems(changed(['data/audit/tile/0/002', 'x']))).toEqual(['LOG_NOT_DERIVED data/audit/tile/0/002']);
    expect(problems(changed(['data/audit/entries/x', 'x']))).toEqual(['UNLISTED data/audit/entries/x']);
  });

  test('is found by keys of the log that do not belong together', () => {
    const stranger = generateSigningKey().publicKey;
    expect(problems(changed(['keys/log.pub.pem', stranger]))).toEqual(['ALTERED keys/log.pub.pem']);
    expect(problems(changed(['keys/log.vkey', 'waybill/log+00000000+AAAA\n']))).toContain('MALFORMED keys/log.vkey');
  });

  test('is found by manifests that are not in their one spelling', () => {
    const manifest = textOf('manifest-sha256.txt');
    const lines = manifest.split('\n');
    for (const lie of [
      manifest.replaceAll('\n', '\r\n'),
      lines.toReversed().join('\n'),
      manifest.replace('  ', ' *'),
    ]) {
      const sealed = new Map(changed()).set('manifest-sha256.txt', Buffer.from(lie));
      expect(problems(sealed)).toContain('MALFORMED manifest-sha256.txt');
    }
  });
});

describe('the verifier', () => {
  test('never throws and always names the file, whatever a file is replaced by', () => {
    const paths = [...pack.keys()];
    const property = fc.property(fc.constantFrom(...paths), fc.uint8Array({ maxLength: 300 }), (path, bytes) => {
      const found = verifyPack(readerOf(new Map([...pack, [path, Buffer.from(bytes)]]))).problems;
      expect(found.some(({ file }) => file === path)).toBe(true);
    });
    fc.assert(property, { numRuns: 300, seed: 8493 });
  });

  test('never throws when what is sealed is nonsense', () => {
    const paths = [...pack.keys()].filter((path) => path.startsWith('data/') || path.startsWith('keys/log'));
    const nonsense = fc.oneof(
      fc.json().map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 100 }),
    );
    const property = fc.property(fc.constantFrom(...paths), nonsense, (path, bytes) => {
      expect(verifyPack(readerOf(changed([path, Buffer.from(bytes)]))).problems.length).toBeGreaterThan(0);
    });
    fc.assert(property, { numRuns: 300, seed: 1493 });
  });

  test('names a file that cannot be read', () => {
    const plain = readerOf(pack);
    const failing: PackReader = {
      list: plain.list,
      read: (path) => {
        if (path === 'README.html') throw new Error('EIO');
        return plain.read(path);
      },
    };
    expect(verifyPack(failing).problems).toEqual([
      { file: 'README.html', code: 'UNREADABLE', message: 'cannot be read' },
    ]);
  });

  test('gives way after every few files, and finds the same as at once', () => {
    const reader = readerOf(changed([FIRST_BUNDLE, 'no bundle']));
    let reads = 0;
    const steps = verifyInSteps({
      list: reader.list,
      read: (path) => {
        reads += 1;
        return reader.read(path);
      },
    });
    const readsOfSteps: number[] = [];
    let step = steps.next();
    for (; !step.done; step = steps.next(), reads = 0) readsOfSteps.push(reads);
    expect(Math.max(...readsOfSteps)).toBeLessThan(10);
    expect(readsOfSteps.length).toBeGreaterThan(pack.size);
    expect(step.value).toEqual(verifyPack(reader));
  });

  test('takes no key but an Ed25519 public key', () => {
    for (const key of ['', 'x', textOf('keys/log.vkey')]) {
      expect(verifyPack(readerOf(pack), key).problems).toMatchObject([{ code: 'KEY_NOT_TRUSTED' }]);
    }
  });

  test('knows a pack that was sealed before anything was moved', async () => {
    expect(problems(await buildSmallPack({ stages: STAGES.slice(0, 2), entries: [] }))).toEqual([]);
  });
});

type Counts = Record<'eligible' | 'verified' | 'excluded' | 'quarantined' | 'failed', number>;
