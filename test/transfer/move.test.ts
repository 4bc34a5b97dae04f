/** The whole move of a batch, on both databases. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createPublicKey } from 'node:crypto';
import { sha256 } from '../../kernel/digest.ts';
import { isSignedBy } from '../../kernel/signature.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { temporaryFolders } from '../support/places.ts';
import { Rig } from './rig.ts';

const folder = temporaryFolders();

onEveryDialect('a batch that passes through', (dialect) => {
  let place: Place;
  let rig: Rig;

  beforeEach(async () => {
    place = await dialect.enter();
    rig = await Rig.open(place);
  });
  afterEach(() => place.leave());

  const FILES = { 'a/one.pdf': 'first', 'a/two\nlines\\.pdf': 'second', 'b/empty': '', 'b/held.pdf': 'on hold' };
  const scans = { name: 'scans', files: FILES, excluded: ['b/held.pdf'] };
  const held = () =>
    Object.fromEntries([...rig.target.files].map(([path, { bytes }]) => [path, `${Buffer.from(bytes)}`]));

  test('arrives whole, and what was excluded stays behind', async () => {
    await rig.declare(scans);
    await rig.launch();
    await rig.work();
    const batch = await rig.batch('scans');
    expect(batch).toMatchObject({ state: 'moved', items: 4, excluded: 1, moved: 3, setAside: 0, failed: 0 });
    expect(held()).toEqual({ 'a/one.pdf': 'first', 'a/two\nlines\\.pdf': 'second', 'b/empty': '' });
    expect(rig.target.staged.size).toBe(0);
    expect(await rig.events('transfer.batch-moved.v1')).toMatchObject([{ moved: 3, setAside: 0, bytes: 11 }]);
    expect((await rig.record('scans')).map(({ path, state, sha256: inFlight }) => [path, state, inFlight])).toEqual([
      ['a/one.pdf', 'moved', sha256('first')],
      ['a/two\nlines\\.pdf', 'moved', sha256('second')],
      ['b/empty', 'moved', sha256('')],
    ]);
  });

  test('has a manifest that sha256sum checks and a seal that the public key opens', async () => {
    await rig.declare(scans);
    await rig.launch();
    await rig.work();
    const { manifest, sums, signature, totals, parquet } = await rig.batch('scans');
    expect(totals).toEqual({ items: 3, bytes: 11, records: 0, fields: 0, failed: 0, changed: 0 });
    expect(parquet).toMatch(/^[0-9a-f]{64}$/);
    const directory = folder();
    for (const [path, text] of Object.entries(FILES)) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), text);
    }
    const twin = await rig.context.strongroom.readWhole(sums ?? '', 10_000);
    expect(execFileSync('sha256sum', ['--strict', '-c'], { cwd: directory, input: twin }).toString()).toMatch(
      /one.pdf: OK\n.*OK\n.*OK\n$/s,
    );
    const key = createPublicKey(rig.context.keys.seal.publicKey.export({ type: 'spki', format: 'pem' }));
    const pem = key.export({ type: 'spki', format: 'pem' }).toString();
    expect(isSignedBy(pem, Buffer.from(manifest ?? ''), Buffer.from(signature ?? '', 'base64'))).toBe(true);
  });

  test('says of every item, once and without its path, that it is in the target', async () => {
    await rig.declare(scans);
    await rig.launch();
    await rig.work();
    const entries = await rig.audit();
    const clinical = entries.filter(({ plane }) => plane === 'clinical');
    expect(clinical.map(({ subject }) => subject).toSorted()).toEqual(
      ['a/one.pdf', 'a/two\nlines\\.pdf', 'b/empty'].map((path) => rig.itemId('scans', path)).toSorted(),
    );
    expect(JSON.stringify(entries)).not.toMatch(/one\.pdf|lines|empty/);
    expect(clinical.find(({ subject }) => subject === rig.itemId('scans', 'b/empty'))).toMatchObject({
      action: 'item-committed',
      digests: { inFlight: sha256(''), receipt: sha256('b/empty') },
    });
  });

  test('with nothing in it is moved at once', async () => {
    await rig.declare({ name: 'none', files: {} });
    await rig.launch();
    await rig.work();
    expect(await rig.batch('none')).toMatchObject({ state: 'moved', items: 0, moved: 0 });
    expect(await rig.record('none')).toEqual([]);
  });

  test('keeps what cannot be read in its manifest, and moves the rest', async () => {
    await rig.declare({ name: 'scans', files: { gone: 'x', locked: 'y', fine: 'z', grown: 'short' } });
    rig.source.files.delete('gone');
    rig.source.plant({ on: 'read', path: 'locked', effect: { kind: 'fail', code: 'ACCESS_DENIED' } });
    rig.source.put('grown', 'longer than the survey says');
    await rig.launch();
    await rig.work();
    expect(await rig.batch('scans')).toMatchObject({ state: 'moved', moved: 2, failed: 2 });
    const manifest = await rig.manifest('scans');
    expect(manifest.map(({ path, sha256: digest, problem }) => [path, digest === null, problem?.code])).toEqual([
      ['fine', false, undefined],
      ['gone', true, 'ITEM_NOT_FOUND'],
      ['grown', false, undefined],
      ['locked', true, 'ACCESS_DENIED'],
    ]);
    expect(manifest[2]).toMatchObject({ sizeBytes: 27, surveyedSizeBytes: 5 });
    expect((await rig.record('scans')).map(({ state, reason }) => [state, reason?.code])).toEqual([
      ['moved', undefined],
      ['failed', 'ITEM_NOT_FOUND'],
      ['moved', undefined],
      ['failed', 'ACCESS_DENIED'],
    ]);
    expect(await rig.events('transfer.batch-moved.v1')).toMatchObject([{ moved: 2, setAside: 2 }]);
  });

  test('is reconciled when validation says so, as often as it says so', async () => {
    await rig.declare(scans);
    await rig.launch();
    await rig.work();
    const counts = { eligible: 4, verified: 3, excluded: 1, quarantined: 0, failed: 0 };
    await rig.reconciled({ batchId: rig.batchId('scans'), dispositions: { ...counts, verified: 2, failed: 1 } });
    await rig.reconciled({ batchId: rig.batchId('scans'), dispositions: counts });
    expect(await rig.batch('scans')).toMatchObject({ state: 'reconciled', dispositions: counts });
  });
});
