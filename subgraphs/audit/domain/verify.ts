/**
 * Verifies an evidence pack, offline and whole: every byte of every file is covered, every digest, signature, proof and
 * count is checked again from the bytes. Pure: it reads through a port, needs no clock and no network, and never throws
 * for what a pack holds.
 */
import { verifyAttestations } from './verify/attestations.ts';
import { verifyBag } from './verify/bag-contents.ts';
import { type UsedConnector, verifyConnections } from './verify/connections.ts';
import { verifyCounts } from './verify/counts.ts';
import { verifyLog } from './verify/log.ts';
import { OpenPack, type PackReader, type Problem } from './verify/open-pack.ts';
import { verifySeal } from './verify/seal.ts';

export type { PackMember, PackReader, Problem, ProblemCode } from './verify/open-pack.ts';

export interface Verification {
  /** Empty: the pack is whole and says what was signed. */
  readonly problems: readonly Problem[];
  /** `key-in-pack`: anybody could have made this pack and signed it; compare `keyId` with what you were told. */
  readonly trust: 'key-given' | 'key-in-pack';
  /** Of the key that signed the pack; undefined when it cannot be read. */
  readonly keyId: string | undefined;
  readonly files: number;
  readonly bytes: number;
  /** What the migration was connected by; empty in packs from before that was kept. */
  readonly connectors: readonly UsedConnector[];
  /** The log the pack was sealed with; undefined when its checkpoint cannot be trusted. */
  readonly log: { readonly origin: string; readonly size: number; readonly root: string } | undefined;
}

/** Verifies the pack behind `reader`. `trustedKey` is the sealer's public key (PEM) from outside the pack. */
export function verifyPack(reader: PackReader, trustedKey?: string): Verification {
  const steps = verifyInSteps(reader, trustedKey);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** As `verifyPack`, a file at a time: a log of millions takes long, and who verifies one may have other work to do. */
export function* verifyInSteps(reader: PackReader, trustedKey?: string): Generator<void, Verification> {
  const pack = new OpenPack(reader);
  const sealKey = verifySeal(pack, trustedKey);
  yield* verifyBag(pack);
  const log = yield* verifyLog(pack);
  if (sealKey !== undefined) verifyAttestations(pack, sealKey.publicKey, log?.entries ?? new Map());
  verifyCounts(pack, log?.entries ?? new Map());
  const connectors = verifyConnections(pack);
  const { checkpoint } = log ?? {};
  return {
    problems: pack.problems(),
    trust: trustedKey === undefined ? 'key-in-pack' : 'key-given',
    keyId: sealKey?.keyId,
    files: pack.files.size,
    bytes: pack.bytesDigested,
    connectors,
    log: checkpoint && { ...checkpoint, root: checkpoint.root.toString('base64') },
  };
}
