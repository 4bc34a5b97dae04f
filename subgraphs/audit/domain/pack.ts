/** The pages and statements of an evidence pack, from what the record office knows. Equal facts, equal bytes. */
import { canonicalJson, type Json } from '../../../kernel/canonical-json.ts';
import { sha256 } from '../../../kernel/digest.ts';
import type { AuditEntry } from '../../../kernel/event.ts';
import type { Id } from '../../../kernel/id.ts';
import { keyIdOf, type Signer } from '../../../kernel/signature.ts';
import type { Checkpoint } from './checkpoint.ts';
import { type ControlLine, controlMap } from './controls.ts';
import { decisionLine, isDecision, namesDocuments } from './entry.ts';
import { sealStatement, type StatementSubject } from './envelope.ts';
import { instructionsText } from './instructions.ts';
import { encodeVerifier, noteVerifier } from './note.ts';
import {
  ATTESTATIONS_FOLDER,
  CONTROLS_PATH,
  DECISIONS_PATH,
  DISPOSITIONS_PATH,
  EXCEPTIONS_PATH,
  entryPath,
  INSTRUCTIONS_PATH,
  LOG_KEY_PATH,
  LOG_VERIFIER_PATH,
  README_PATH,
  SEAL_KEY_PATH,
  slugOf,
} from './pack-paths.ts';
import { pemOf } from './public-key.ts';
import { readmeHtml } from './readme.ts';
import { documentsOf, rowsOf, type StageDocument, type StageFact, subjectOf } from './stage.ts';
import { dispositionsPage, type HeardException, summarise } from './summary.ts';

export interface PlacedEntry {
  readonly position: number;
  readonly entry: AuditEntry;
}

/** All that a pack says, apart from the documents and the log that are copied into it. */
export interface PackFacts {
  readonly name: string;
  readonly migrationId: Id;
  /** RFC 3339, UTC. */
  readonly sealedAt: string;
  readonly sealedBy: string;
  /** Oldest first. */
  readonly stages: readonly StageFact[];
  readonly exceptions: readonly HeardException[];
  /** The entries that get a proof of their own, in order. */
  readonly entries: readonly PlacedEntry[];
  readonly checkpoint: Checkpoint;
}

export interface PackSigners {
  readonly seal: Signer;
  readonly log: Signer;
}

/** A file written from facts. */
export interface Page {
  readonly path: string;
  readonly bytes: Buffer;
}

/** Whether an entry about the migration gets a proof of its own: it closes a stage, or somebody decided. */
export function isSetApart(entry: AuditEntry): boolean {
  return namesDocuments(entry) || isDecision(entry);
}

/** The migration, its datasets and its batches: the subjects whose entries a pack looks at. */
export function subjectsOf(migrationId: Id, stages: readonly StageFact[]): readonly Id[] {
  return [...new Set([migrationId, ...stages.map(subjectOf), ...stages.flatMap(datasetsOf)])];
}

/** The documents to be copied into the pack, each path once. */
export function packDocuments(stages: readonly StageFact[]): readonly StageDocument[] {
  const byPath = new Map<string, StageDocument>();
  for (const documents of documentsOf(stages).values()) {
    for (const document of documents) byPath.set(document.path, document);
  }
  return [...byPath.values()].sort((left, right) => (left.path < right.path ? -1 : 1));
}

/** The generated files of the payload: decisions, dispositions, exceptions, and a statement for each stage. */
export function payloadPages(facts: PackFacts, signer: Signer): readonly Page[] {
  const summary = summarise(facts.migrationId, facts.stages, facts.exceptions);
  const decided = facts.entries.filter(({ entry }) => isDecision(entry));
  const pages = [
    page(CONTROLS_PATH, lines(controlsOf(facts).map((line) => ({ ...line })))),
    page(DECISIONS_PATH, lines(decided.map(({ position, entry }) => decisionLine(position, entry)))),
    page(DISPOSITIONS_PATH, lines([dispositionsPage(summary)])),
    page(EXCEPTIONS_PATH, lines(facts.exceptions.map((exception) => ({ ...exception })))),
  ];
  return [...pages, ...stageStatements(facts, signer), sealingStatement(facts, pages, signer)];
}

function controlsOf({ stages, entries }: PackFacts): readonly ControlLine[] {
  const written = [DECISIONS_PATH, DISPOSITIONS_PATH, EXCEPTIONS_PATH].map((path) => ({ path }));
  return controlMap({ documents: [...packDocuments(stages), ...written], entries });
}

/** The tag files that need no digest of another file. */
export function tagPages(facts: PackFacts, signers: PackSigners): readonly Page[] {
  const { checkpoint, name, entries, stages } = facts;
  const sealKeyId = keyIdOf(signers.seal.publicKey);
  const [first] = entries;
  const example = first === undefined ? undefined : entryPath(first.position, 'json').replace(/\.json$/, '');
  const verifier = noteVerifier(checkpoint.origin, signers.log.publicKey);
  const readme = readmeHtml({
    ...facts,
    pack: name,
    sealKeyId,
    summary: summarise(facts.migrationId, stages, facts.exceptions),
    decisions: entries.filter(({ entry }) => isDecision(entry)),
    documents: packDocuments(stages),
    controls: controlsOf(facts),
  });
  return [
    page(README_PATH, readme),
    page(INSTRUCTIONS_PATH, instructionsText({ pack: name, sealKeyId, logOrigin: checkpoint.origin, example })),
    page(SEAL_KEY_PATH, pemOf(signers.seal.publicKey)),
    page(LOG_KEY_PATH, pemOf(signers.log.publicKey)),
    page(LOG_VERIFIER_PATH, `${encodeVerifier(verifier)}\n`),
  ];
}

/** A statement for each stage about the documents it sealed, naming the entries of the log that speak of them. */
function stageStatements(facts: PackFacts, signer: Signer): Page[] {
  const pages: Page[] = [];
  const taken = new Map<string, number>();
  for (const [fact, documents] of documentsOf(facts.stages)) {
    if (documents.length === 0) continue;
    const digests = new Set(documents.map((document) => document.sha256));
    const speaking = facts.entries.filter(({ entry }) =>
      Object.values(entry.digests ?? {}).some((each) => digests.has(each)),
    );
    const statement = sealStatement(
      { subjects: documents.map(subjectFor), predicate: predicateOf(fact, speaking) },
      signer,
    );
    const stem = `${ATTESTATIONS_FOLDER}${fact.stage}-${slugOf(subjectOf(fact))}`;
    const number = (taken.get(stem) ?? 0) + 1;
    taken.set(stem, number);
    pages.push(page(`${stem}${number === 1 ? '' : `.${number}`}.dsse.json`, statement));
  }
  return pages;
}

function predicateOf(fact: StageFact, entries: readonly PlacedEntry[]): { readonly [key: string]: Json | undefined } {
  const { eventId, type, stage, migrationId, actor, occurredAt, payload } = fact;
  return {
    stage,
    migrationId,
    actor,
    event: { id: eventId, type, occurredAt },
    facts: payload,
    entries: entries.map(({ position }) => position),
  };
}

/** The sealer's statement about the pages written at sealing. */
function sealingStatement(facts: PackFacts, pages: readonly Page[], signer: Signer): Page {
  const { name, migrationId, sealedAt, sealedBy, checkpoint } = facts;
  const { origin, size, root } = checkpoint;
  const subjects = pages.map(({ path, bytes }) => ({ name: path, sha256: sha256(bytes) }));
  const predicate = {
    stage: 'sealed',
    migrationId,
    actor: sealedBy,
    pack: name,
    sealedAt,
    checkpoint: { origin, size, root: root.toString('base64') },
    entries: [],
  };
  return page(
    `${ATTESTATIONS_FOLDER}sealed-${slugOf(migrationId)}.dsse.json`,
    sealStatement({ subjects, predicate }, signer),
  );
}

function subjectFor({ path, sha256: digest }: StageDocument): StatementSubject {
  return { name: path, sha256: digest };
}

function datasetsOf({ payload }: StageFact): Id[] {
  const named = [payload.datasetId, ...rowsOf(payload.datasets).map((row) => row.datasetId)];
  return named.filter((id): id is string => typeof id === 'string');
}

function lines(values: readonly Json[]): string {
  return values.map((value) => `${canonicalJson(value)}\n`).join('');
}

function page(path: string, text: string): Page {
  return { path, bytes: Buffer.from(text) };
}
