/** Seals evidence: gathers what is known of a migration, builds the pack, verifies it, and only then shows it. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { sha256 } from '../../../kernel/digest.ts';
import { Fault, isFault } from '../../../kernel/fault.ts';
import { derivedId, type Id } from '../../../kernel/id.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { Json } from '../../../kernel/canonical-json.ts';
import { openFolder } from '../../../runtime/folder.ts';
import type { JobHandler, Lease, Store } from '../../../runtime/store.ts';
import type { Checkpoint } from '../domain/checkpoint.ts';
import { openCheckpoint } from '../domain/checkpoint.ts';
import { isSetApart, type PackFacts, type PlacedEntry, subjectsOf } from '../domain/pack.ts';
import { CHECKPOINT_PATH, TAG_MANIFEST_PATH } from '../domain/pack-paths.ts';
import { pemOf } from '../domain/public-key.ts';
import type { StageFact } from '../domain/stage.ts';
import { EVIDENCE_SEALED, requestEntryId, SEAL_JOB } from '../domain/sealing.ts';
import { type Verification, verifyInSteps } from '../domain/verify.ts';
import { decisionsBelow, positionsAbout } from '../store/entries.ts';
import { exceptionsOf, exceptionsOfOthers, stageFactsOf, stageFactsOfOthers } from '../store/facts.ts';
import { packById } from '../store/packs.ts';
import type { EvidencePackRow } from '../store/tables.ts';
import { damaged } from './append.ts';
import { buildPack, type PackSources } from './build-pack.ts';
import { syncFolder } from './durable.ts';
import { readAt, readCheckpoint } from './read-log.ts';
import type { RecordOffice } from './record-office.ts';
import type { Sequencer } from './sequencer.ts';

/** Problems told when a pack does not verify. */
const PROBLEMS_TOLD_MAX = 5;

export interface SealingRoom extends PackSources {
  readonly store: Store;
  readonly clock: Clock;
  /** Where packs lie: <directory>/evidence. */
  readonly folder: string;
  readonly sequencer: Sequencer;
  readonly office: RecordOffice;
}

/** The job that seals the pack named in its payload. Running it again shows the same pack. */
export function sealEvidenceJob(room: SealingRoom): JobHandler {
  return {
    kind: SEAL_JOB,
    async run(payload: Json, lease: Lease) {
      const { packId } = payload as { packId: Id };
      const pack = await room.store.read((em) => packById(em, packId));
      if (pack.state === 'sealed') return;
      const final = join(room.folder, pack.name);
      try {
        // A pack is shown whole or not at all, so one that is there was built by an attempt that ended too early.
        if (!existsSync(final)) await show(room, pack, final);
        await conclude(room, pack, final, lease);
      } catch (error) {
        if (isFault(error) && error.retry === 'permanent') await giveUp(room, pack, error, lease);
        throw error;
      }
    },
  };
}

async function show(room: SealingRoom, pack: EvidencePackRow, final: string): Promise<void> {
  const building = join(room.folder, `.building-${pack.name}`);
  await mkdir(room.folder, { recursive: true });
  // Everything committed before the request stands before it in the log, and so in the pack.
  await room.office.included(requestEntryId(pack.id));
  const published = await readCheckpoint(room.files, room.sequencer.verifier);
  const facts = await gather(room, pack, published.checkpoint);
  await buildPack(building, facts, published.text, room);
  const { problems } = await verified(building, pemOf(room.keys.seal.publicKey));
  if (problems.length > 0) {
    const told = problems.slice(0, PROBLEMS_TOLD_MAX).map(({ file, message }) => `${file} ${message}`);
    const message = `the pack does not verify: ${told.join('; ')}`;
    throw new Fault({ code: 'PACK_NOT_VERIFIED', retry: 'permanent', message, subject: pack.name });
  }
  await rename(building, final);
  await syncFolder(room.folder);
}

/** A file in each turn of the event loop: leases are renewed and viewers hear what happens meanwhile. */
async function verified(folder: string, trustedKey: string): Promise<Verification> {
  const steps = verifyInSteps(openFolder(folder), trustedKey);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    await nextTurn();
  }
}

async function gather(room: SealingRoom, pack: EvidencePackRow, checkpoint: Checkpoint): Promise<PackFacts> {
  const { migrationId } = pack;
  const stages = await room.store.read((em) => stageFactsOf(em, migrationId));
  const entries: PlacedEntry[] = [];
  for (const position of await positionsSetApart(room, migrationId, stages, checkpoint.size)) {
    const { entry } = await readAt(room.files, position);
    if (isSetApart(entry)) entries.push({ position, entry });
  }
  return {
    name: pack.name,
    migrationId,
    stages,
    entries,
    checkpoint,
    sealedAt: room.clock.now().toISOString(),
    sealedBy: pack.requestedBy,
    exceptions: await room.store.read((em) => exceptionsOf(em, migrationId)),
  };
}

/** Entries about the migration, its datasets and batches, and decisions about anything that is not another's. */
async function positionsSetApart(
  { store }: SealingRoom,
  migrationId: Id,
  stages: readonly StageFact[],
  size: number,
): Promise<readonly number[]> {
  return store.read(async (em) => {
    const about = await positionsAbout(em, subjectsOf(migrationId, stages), size);
    const decisions = await decisionsBelow(em, size);
    const others = new Set(
      (await stageFactsOfOthers(em, migrationId)).flatMap((fact) => subjectsOf(fact.migrationId, [fact])),
    );
    const named = [...new Set(decisions.map(({ subject }) => subject))];
    for (const id of await exceptionsOfOthers(em, migrationId, named)) others.add(id);
    const decided = decisions.filter(({ subject }) => !others.has(subject)).map(({ position }) => position);
    return [...new Set([...about, ...decided])].sort((left, right) => left - right);
  });
}

/** Tells what was shown: from the pack itself, so that it is told the same after a crash. */
async function conclude(room: SealingRoom, pack: EvidencePackRow, final: string, lease: Lease): Promise<void> {
  const tagManifest = await readFile(join(final, TAG_MANIFEST_PATH));
  const note = await readFile(join(final, CHECKPOINT_PATH), 'utf8');
  const checkpoint = openCheckpoint(note, room.sequencer.verifier);
  if (checkpoint === undefined) throw damaged(join(pack.name, CHECKPOINT_PATH));
  const bagDigest = sha256(tagManifest);
  await room.strongroom.put([tagManifest]);
  const sealedAt = room.clock.now().toISOString();
  const { migrationId, requestedBy: actor } = pack;
  await room.store.transact(async (unit) => {
    await unit.hold(lease);
    const row = await packById(unit.em, pack.id);
    if (row.state === 'sealed') return;
    const [checkpointSize, checkpointRoot] = [checkpoint.size, checkpoint.root.toString('base64')];
    Object.assign(row, { state: 'sealed', sealedAt, bagDigest, checkpointSize, checkpointRoot, problem: null });
    unit.emit({
      id: derivedId('evt', 'evidence-sealed', pack.id),
      type: EVIDENCE_SEALED,
      subject: migrationId,
      actor,
      occurredAt: sealedAt,
      payload: { migrationId, pack: pack.name, checkpoint: note, bagDigest },
    });
    unit.audit({
      id: derivedId('aud', 'evidence-sealed', pack.id),
      plane: 'operational',
      action: 'evidence-sealed',
      actor,
      subject: migrationId,
      outcome: 'succeeded',
      occurredAt: sealedAt,
      digests: { bag: bagDigest },
    });
  });
}

/** Says in the pack's row why it cannot be sealed. */
async function giveUp(room: SealingRoom, pack: EvidencePackRow, fault: Fault, lease: Lease): Promise<void> {
  if (fault.code === 'LEASE_LOST') return;
  await room.store.transact(async (unit) => {
    await unit.hold(lease);
    const row = await packById(unit.em, pack.id);
    if (row.state !== 'sealed') Object.assign(row, { state: 'failed', problem: `${fault.code}: ${fault.message}` });
  });
}
