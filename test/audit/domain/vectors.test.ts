import { describe, expect, test } from '@jest/globals';
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { openCheckpoint } from '../../../subgraphs/audit/domain/checkpoint.ts';
import { openStatement, type Statement } from '../../../subgraphs/audit/domain/envelope.ts';
import { leafHash } from '../../../subgraphs/audit/domain/merkle.ts';
import { parseVerifier } from '../../../subgraphs/audit/domain/note.ts';
import { parseProofFile, provesEntry } from '../../../subgraphs/audit/domain/proof-file.ts';
import { isConsistent, isIncluded } from '../../../subgraphs/audit/domain/proof.ts';
import { decodeBundle, tilePath } from '../../../subgraphs/audit/domain/tile.ts';
import { verifyPack } from '../../../subgraphs/audit/domain/verify.ts';
import { readerOf } from '../folder.ts';
import { entriesOf } from './grown-tree.ts';
import { naiveConsistency, naivePath, naiveRoot } from './naive-tree.ts';

interface Vectors {
  readonly keys: { readonly seal: string; readonly log: string };
  readonly leaves: readonly string[];
  readonly roots: readonly { readonly size: number; readonly root: string }[];
  readonly inclusion: readonly { readonly index: number; readonly size: number; readonly proof: readonly string[] }[];
  readonly consistency: readonly {
    readonly oldSize: number;
    readonly size: number;
    readonly proof: readonly string[];
  }[];
  readonly tiles: readonly {
    readonly level: number;
    readonly index: number;
    readonly width: number;
    readonly path: string;
  }[];
  readonly bundle: string;
  readonly verifierKey: string;
  readonly checkpoint: string;
  readonly proofFile: string;
  readonly statement: Statement;
  readonly envelope: string;
}

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../schema/evidence/${name}`, import.meta.url), 'utf8'));
const vectors = read('vectors.v1.json') as Vectors;
const hashes = (texts: readonly string[]) => texts.map((text) => Buffer.from(text, 'base64'));
const rootAt = (size: number) => naiveRoot(entriesOf(size));
const verifier = parseVerifier(vectors.verifierKey);
if (verifier === undefined) throw new Error('the vectors have no verifier key');

describe('the vectors of version 1', () => {
  test('have the leaves and roots of RFC 6962', () => {
    expect(hashes(vectors.leaves)).toEqual(entriesOf(3).map(leafHash));
    for (const { size, root } of vectors.roots) expect([size, root]).toEqual([size, rootAt(size).toString('base64')]);
  });

  test('have the proofs of RFC 6962, and they are accepted', () => {
    for (const { index, size, proof } of vectors.inclusion) {
      const leaf = leafHash(Buffer.from(`entry ${index}`));
      expect(hashes(proof)).toEqual(naivePath(index, entriesOf(size)));
      expect(isIncluded({ leaf, index, size, root: rootAt(size) }, hashes(proof))).toBe(true);
    }
    for (const { oldSize, size, proof } of vectors.consistency) {
      expect(hashes(proof)).toEqual(naiveConsistency(oldSize, entriesOf(size)));
      const claim = { oldSize, oldRoot: rootAt(oldSize), size, root: rootAt(size) };
      expect(isConsistent(claim, hashes(proof))).toBe(true);
    }
  });

  test('name tiles and lay out bundles as this version does', () => {
    for (const { path, ...tile } of vectors.tiles) expect(tilePath(tile)).toBe(path);
    expect(decodeBundle(Buffer.from(vectors.bundle, 'base64'))).toEqual(entriesOf(3));
  });

  test('open: the checkpoint, the proof file and the envelope', () => {
    expect(openCheckpoint(vectors.checkpoint, verifier)).toMatchObject({ size: 300, root: rootAt(300) });
    const file = parseProofFile(vectors.proofFile);
    expect(file && provesEntry(file, Buffer.from('entry 42'), verifier)).toBe(true);
    expect(file && provesEntry(file, Buffer.from('entry 43'), verifier)).toBe(false);
    expect(openStatement(vectors.envelope, createPublicKey(vectors.keys.seal))).toEqual(vectors.statement);
    expect(openStatement(vectors.envelope, createPublicKey(vectors.keys.log))).toBeUndefined();
  });

  test('open no more when any one character is another', () => {
    const texts = { checkpoint: vectors.checkpoint, proofFile: vectors.proofFile };
    for (const [name, text] of Object.entries(texts)) {
      for (let at = 0; at < text.length; at++) {
        const other = text[at] === 'A' ? 'B' : 'A';
        const changed = `${text.slice(0, at)}${other}${text.slice(at + 1)}`;
        const file = parseProofFile(changed);
        const isAccepted =
          name === 'checkpoint'
            ? openCheckpoint(changed, verifier) !== undefined
            : file !== undefined && provesEntry(file, Buffer.from('entry 42'), verifier);
        expect([name, at, isAccepted]).toEqual([name, at, false]);
      }
    }
  });

  test('have an evidence pack that verifies with the key it was sealed with, for ever', () => {
    const pack = read('pack.v1.json') as Readonly<Record<string, string>>;
    const files = new Map(Object.entries(pack).map(([path, text]) => [path, Buffer.from(text, 'base64')]));
    expect(verifyPack(readerOf(files), vectors.keys.seal)).toMatchObject({ problems: [], trust: 'key-given' });
  });
});
