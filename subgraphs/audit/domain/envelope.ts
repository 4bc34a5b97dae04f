/** DSSE envelopes (secure-systems-lab/dsse v1) around in-toto statements (Statement v1), one for each stage. */
import { type KeyObject, verify } from 'node:crypto';
import { canonicalJson, type Json } from '../../../kernel/canonical-json.ts';
import type { Sha256 } from '../../../kernel/digest.ts';
import type { Signer } from '../../../kernel/signature.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';

const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
const PREDICATE_TYPE = 'urn:waybill:stage:v1';

/** A document the statement speaks of: its path in the pack and its digest. */
export interface StatementSubject {
  readonly name: string;
  readonly sha256: Sha256;
}

/** What is claimed of the subjects: the stage that made them, the fact that said so, and its place in the log. */
export interface Statement {
  readonly subjects: readonly StatementSubject[];
  readonly predicate: { readonly [key: string]: Json | undefined };
}

/** Signs a statement. Equal statements give equal bytes. */
export function sealStatement(statement: Statement, signer: Signer): string {
  const payload = Buffer.from(
    canonicalJson({
      _type: STATEMENT_TYPE,
      subject: statement.subjects.map(({ name, sha256 }) => ({ name, digest: { sha256 } })),
      predicateType: PREDICATE_TYPE,
      predicate: statement.predicate,
    }),
  );
  const signature = { keyid: signer.keyId, sig: encodeBase64(signer.sign(authenticated(payload))) };
  return `${canonicalJson({ payloadType: PAYLOAD_TYPE, payload: encodeBase64(payload), signatures: [signature] })}\n`;
}

/** The statement in an envelope that `publicKey` signed, `undefined` of any other. */
export function openStatement(text: string, publicKey: KeyObject): Statement | undefined {
  const envelope = parseObject(text);
  const payload = typeof envelope?.payload === 'string' ? decodeBase64(envelope.payload) : undefined;
  const [signature, ...others] = Array.isArray(envelope?.signatures) ? envelope.signatures : [];
  const encoded = (signature as { sig?: unknown } | undefined)?.sig;
  const bytes = typeof encoded === 'string' ? decodeBase64(encoded) : undefined;
  if (envelope?.payloadType !== PAYLOAD_TYPE || payload === undefined || bytes === undefined || others.length > 0) {
    return undefined;
  }
  if (!verify(null, authenticated(payload), publicKey, bytes)) return undefined;
  return readStatement(parseObject(payload.toString()));
}

/** DSSE's pre-authentication encoding: what the signature is over. */
function authenticated(payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.length} `), payload]);
}

function readStatement(statement: Record<string, unknown> | undefined): Statement | undefined {
  if (statement?._type !== STATEMENT_TYPE || statement.predicateType !== PREDICATE_TYPE) return undefined;
  if (!Array.isArray(statement.subject)) return undefined;
  const subjects: StatementSubject[] = [];
  for (const each of statement.subject as { name?: unknown; digest?: { sha256?: unknown } }[]) {
    const [name, digest] = [each?.name, each?.digest?.sha256];
    if (typeof name !== 'string' || typeof digest !== 'string') return undefined;
    subjects.push({ name, sha256: digest });
  }
  const { predicate } = statement;
  if (typeof predicate !== 'object' || predicate === null) return undefined;
  return { subjects, predicate: predicate as Statement['predicate'] };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
