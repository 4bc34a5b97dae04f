/** The attestations: each signed, each about documents that are there, each anchored in the log. */
import type { KeyObject } from 'node:crypto';
import type { AuditEntry } from '../../../../kernel/event.ts';
import { openStatement, type Statement } from '../envelope.ts';
import { ATTESTATIONS_FOLDER, LOG_FOLDER, PAYLOAD_FOLDER } from '../pack-paths.ts';
import type { OpenPack } from './open-pack.ts';

/** Checks every envelope, and that every document of the pack is spoken for by one. */
export function verifyAttestations(pack: OpenPack, sealKey: KeyObject, entries: ReadonlyMap<number, AuditEntry>): void {
  const spokenFor = new Set<string>();
  for (const path of pack.under(ATTESTATIONS_FOLDER)) {
    const text = pack.text(path);
    if (text === undefined) continue;
    const statement = openStatement(text, sealKey);
    if (statement === undefined) pack.wrong(path, 'STATEMENT_WRONG', 'is not a statement signed by the sealer');
    else verifyStatement(pack, path, statement, entries);
    for (const subject of statement?.subjects ?? []) spokenFor.add(subject.name);
  }
  for (const path of pack.under(PAYLOAD_FOLDER)) {
    if (path.startsWith(LOG_FOLDER) || path.startsWith(ATTESTATIONS_FOLDER) || spokenFor.has(path)) continue;
    pack.wrong(path, 'STATEMENT_WRONG', 'is a document that no statement speaks for');
  }
}

function verifyStatement(
  pack: OpenPack,
  path: string,
  statement: Statement,
  entries: ReadonlyMap<number, AuditEntry>,
): void {
  const digests = new Set(statement.subjects.map((subject) => subject.sha256));
  for (const subject of statement.subjects) {
    if (!pack.files.has(subject.name)) pack.wrong(subject.name, 'MISSING', `is missing; ${path} speaks of it`);
    else if (pack.digest(subject.name)?.sha256 !== subject.sha256) {
      pack.wrong(subject.name, 'STATEMENT_WRONG', `is not what ${path} speaks of`);
    }
  }
  const positions = statement.predicate.entries;
  for (const position of Array.isArray(positions) ? positions : []) {
    const named = Object.values(entries.get(Number(position))?.digests ?? {});
    if (!named.some((digest) => digests.has(digest))) {
      pack.wrong(path, 'STATEMENT_WRONG', `names entry ${String(position)}, which does not name its documents`);
    }
  }
}
