/** A small evidence pack from fixed facts and published test keys: the same bytes on every machine. */
import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json } from '../../kernel/canonical-json.ts';
import { sha256 } from '../../kernel/digest.ts';
import type { AuditEntry, EventType } from '../../kernel/event.ts';
import { derivedId } from '../../kernel/id.ts';
import { type Signer, signerOf } from '../../kernel/signature.ts';
import type { Strongroom } from '../../runtime/strongroom.ts';
import { manifestText, payloadOxum } from '../../subgraphs/audit/domain/bag.ts';
import { originOf, signCheckpoint } from '../../subgraphs/audit/domain/checkpoint.ts';
import { encodeEntry } from '../../subgraphs/audit/domain/entry.ts';
import { leafHash } from '../../subgraphs/audit/domain/merkle.ts';
import { isSetApart } from '../../subgraphs/audit/domain/pack.ts';
import { type StageFact, stageFactOf } from '../../subgraphs/audit/domain/stage.ts';
import { TreeEdge } from '../../subgraphs/audit/domain/tree-edge.ts';
import { encodeBundle, type TileName, tilePath } from '../../subgraphs/audit/domain/tile.ts';
import { buildPack } from '../../subgraphs/audit/work/build-pack.ts';
import type { LogFiles } from '../../subgraphs/audit/work/log-files.ts';
import { readFolder } from './folder.ts';
import { entry } from './log-house.ts';

export const KEYS: { readonly seal: Signer; readonly log: Signer } = {
  seal: signerOf(testKey('waybill test vector: seal')),
  log: signerOf(testKey('waybill test vector: log')),
};
export const MIGRATION = derivedId('mig', 'example');
export const DATASET = derivedId('ds', MIGRATION, 'letters');
export const BATCH = derivedId('bat', DATASET, '1');
const AT = '2026-01-31T09:30:00.000Z';
const RECORDS = { source: 2, target: 2, matched: 2, differs: 0, missingOnTarget: 0, missingOnSource: 0 };

/** The documents of the example, by what they are. */
export const DOCUMENTS = Object.fromEntries(
  ['plan', 'policy', 'lineage', 'survey', 'manifest', 'sums', 'record', 'report', 'target', 'all', 'exceptions'].map(
    (what) => [what, Buffer.from(`{"what":"${what}"}\n`)],
  ),
);
const digestOf = (what: string): string => sha256(DOCUMENTS[what] ?? '');

export const STAGES: readonly StageFact[] = [
  stage('inventory.migration-declared.v1', {
    name: 'example',
    plan: digestOf('plan'),
    policy: digestOf('policy'),
    datasets: [
      {
        datasetId: DATASET,
        name: 'letters',
        tier: 'active-clinical',
        format: 'document',
        lineage: digestOf('lineage'),
      },
    ],
  }),
  stage('inventory.dataset-surveyed.v1', { datasetId: DATASET, survey: digestOf('survey'), items: 3, bytes: 30 }),
  stage('transfer.manifest-sealed.v1', {
    ...batch(),
    manifest: digestOf('manifest'),
    sums: digestOf('sums'),
    items: 2,
  }),
  stage('transfer.batch-moved.v1', {
    ...batch(),
    manifest: digestOf('manifest'),
    record: digestOf('record'),
    moved: 2,
  }),
  stage('validation.batch-reconciled.v1', {
    ...batch(),
    report: digestOf('report'),
    targetManifest: digestOf('target'),
    dispositions: { eligible: 3, verified: 2, excluded: 1, quarantined: 0, failed: 0 },
    records: { ...RECORDS, unreadable: 0, duplicates: 0, superseded: 0 },
    exceptionsOpen: 0,
  }),
  stage('validation.migration-reconciled.v1', { report: digestOf('all'), exceptions: digestOf('exceptions') }),
];

export const ENTRIES: readonly AuditEntry[] = [
  entry('aud-1', { action: 'migration-declared', subject: MIGRATION, digests: { plan: digestOf('plan') } }),
  entry('aud-2', { action: 'launch-proposed', actor: 'olga', subject: BATCH }),
  entry('aud-3', { action: 'launch-approved', actor: 'anna', subject: BATCH }),
  ...Array.from({ length: 260 }, (_, at) => entry(`aud-item-${at}`, { plane: 'clinical', subject: `item-${at}` })),
  entry('aud-4', { action: 'batch-reconciled', subject: BATCH, digests: { report: digestOf('report') } }),
];

export interface SmallPackOptions {
  readonly entries?: readonly AuditEntry[];
  readonly stages?: readonly StageFact[];
  /** More of them, as they lie in the strongroom. */
  readonly documents?: readonly Buffer[];
}

/** Builds the example, or a variation of it, and gives its files. */
export async function buildSmallPack(o: SmallPackOptions = {}): Promise<Map<string, Buffer>> {
  const entries = o.entries ?? ENTRIES;
  const { files, checkpoint, text } = memoryLog(entries);
  const folder = join(mkdtempSync(join(tmpdir(), 'waybill-pack-')), 'pack');
  const strongroom = {
    read: async function* (digest: string) {
      yield [...Object.values(DOCUMENTS), ...(o.documents ?? [])].find((bytes) => sha256(bytes) === digest) ??
        Buffer.alloc(0);
    },
  } as unknown as Strongroom;
  const placed = entries.map((each, position) => ({ position, entry: each }));
  const facts = {
    name: 'pack-example-0001',
    migrationId: MIGRATION,
    sealedAt: AT,
    sealedBy: 'olga',
    stages: o.stages ?? STAGES,
    exceptions: [
      {
        ...batch(),
        exceptionId: 'exc-1',
        itemId: 'item-1',
        category: 'truncation',
        severity: 'P2',
        state: 'open',
      } as const,
    ],
    entries: placed.filter(({ entry: each }) => isSetApart(each)),
    checkpoint,
  };
  try {
    await buildPack(folder, facts, text, { strongroom, files, keys: KEYS });
    return readFolder(folder);
  } finally {
    rmSync(join(folder, '..'), { recursive: true });
  }
}

/** Puts new digests into both manifests and signs again, as somebody would who holds the key and lies. */
export function reseal(files: ReadonlyMap<string, Buffer>, signer: Signer = KEYS.seal): Map<string, Buffer> {
  const sealed = new Map(files);
  const list = (choose: (path: string) => boolean) =>
    [...sealed.entries()]
      .filter(([path]) => choose(path))
      .map(([path, bytes]) => ({ path, sha256: sha256(bytes), sizeBytes: bytes.length }));
  const payload = list((path) => path.startsWith('data/'));
  sealed.set('manifest-sha256.txt', Buffer.from(manifestText(payload)));
  const info = sealed
    .get('bag-info.txt')
    ?.toString()
    .replace(/Payload-Oxum: .*/, `Payload-Oxum: ${payloadOxum(payload)}`);
  sealed.set('bag-info.txt', Buffer.from(info ?? ''));
  const isTag = (path: string) => !/^(data|signatures)\/|^tagmanifest-sha256\.txt$/.test(path);
  const tags = Buffer.from(manifestText(list(isTag)));
  sealed.set('tagmanifest-sha256.txt', tags);
  return sealed.set('signatures/tagmanifest.ed25519.sig', Buffer.from(signer.sign(tags)));
}

function memoryLog(entries: readonly AuditEntry[]) {
  const tree = new TreeEdge();
  const bytes = entries.map(encodeEntry);
  for (const each of bytes) tree.append(leafHash(each));
  const tiles = new Map(tree.takeTiles().map((tile) => [tilePath(tile.name), tile.bytes]));
  const checkpoint = { origin: originOf(KEYS.log), size: entries.length, root: tree.root() };
  const tile = (name: TileName) => tiles.get(tilePath(name)) ?? Buffer.alloc(0);
  const entriesOf = (index: number, width: number) => bytes.slice(index * 256, index * 256 + width);
  const files: Pick<LogFiles, 'tiles' | 'entries' | 'look'> = {
    tiles: { read: (level, index, width) => tile({ level, index, width }) },
    entries: async (index, width) => entriesOf(index, width),
    look: (name) => (name.level === 'entries' ? encodeBundle(entriesOf(name.index, name.width)) : tile(name)),
  };
  return { files: files as LogFiles, checkpoint, text: signCheckpoint(checkpoint, KEYS.log) };
}

export function stage(type: EventType, payload: { readonly [key: string]: Json }): StageFact {
  const event = { id: derivedId('evt', type), type, subject: MIGRATION, actor: 'service:example', occurredAt: AT };
  const fact = stageFactOf({ ...event, payload: { migrationId: MIGRATION, ...payload } });
  if (fact === undefined) throw new Error(`${type} closes no stage`);
  return fact;
}

function batch() {
  return { batchId: BATCH, datasetId: DATASET };
}

/** An Ed25519 key whose secret everybody knows: the SHA-256 of `seed`. Good for vectors, and for nothing else. */
function testKey(seed: string): string {
  const der = Buffer.from(`302e020100300506032b657004220420${sha256(seed)}`, 'hex');
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    .export({ type: 'pkcs8', format: 'pem' })
    .toString();
}
