import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { derivedId } from '../../../kernel/id.ts';
import { openFolder } from '../../../runtime/folder.ts';
import { verifyPack } from '../../../subgraphs/audit/main.ts';
import { parseVerifier } from '../../../subgraphs/audit/domain/note.ts';
import { openCheckpoint } from '../../../subgraphs/audit/domain/checkpoint.ts';
import { parseProofFile, provesEntry } from '../../../subgraphs/audit/domain/proof-file.ts';
import { isConsistent } from '../../../subgraphs/audit/domain/proof.ts';
import { naiveRoot } from '../domain/naive-tree.ts';
import { onEveryDialect, type Place } from '../../support/databases.ts';
import { type AuditHouse, openAuditHouse, person } from '../audit-house.ts';
import { entry, record } from '../log-house.ts';

const OLGA = person('olga', 'operator');
const VERA = person('vera', 'auditor');
const EVA = person('eva', 'executive');
const MIGRATION = derivedId('mig', 'st-anne');

onEveryDialect('audit over GraphQL', (dialect) => {
  let place: Place;
  let house: AuditHouse;

  beforeAll(async () => {
    place = await dialect.enter();
    house = await openAuditHouse(place);
    await record(house.database, [
      entry('a-1', { subject: MIGRATION, action: 'migration-declared', digests: { plan: 'd'.repeat(64) } }),
      entry('a-2', { subject: 'bat-1', plane: 'clinical', outcome: 'refused', reason: 'MAKER_IS_CHECKER' }),
      entry('a-3', { subject: 'bat-1', actor: 'anna', target: 'cloud' }),
    ]);
    await house.database.store('audit').transact(async (unit) => {
      const payload = { migrationId: MIGRATION, name: 'st-anne', plan: null, policy: null, datasets: [] };
      const told = { subject: MIGRATION, actor: 'olga', occurredAt: '2026-01-31T09:30:00.000Z' };
      unit.emit({ ...told, id: 'evt-1', type: 'inventory.migration-declared.v1', payload });
    });
    await house.running.settled();
    await seen(3);
  });
  afterAll(async () => {
    await house.close();
    await place.leave();
  });

  const data = async (query: string, actor = VERA) => {
    const { data: found, errors } = await house.ask(query, actor);
    expect(errors).toBeUndefined();
    return JSON.parse(JSON.stringify(found)) as Record<string, unknown>;
  };

  /** Entries are published a moment after they are committed; the subscription tells when. */
  async function seen(count: number): Promise<void> {
    const stream = await house.watch('subscription { auditAppended(since: "0") { position } }', VERA);
    if (!(Symbol.asyncIterator in stream)) throw new Error('refused');
    for await (const { data: found } of stream) {
      if (Number((found?.['auditAppended'] as { position: number }).position) >= count - 1) break;
    }
  }

  test('pages through the log, oldest first, with everything an entry says', async () => {
    const fields =
      'nodes { id position plane action actor subject target outcome reason occurredAt digests { name value } text }';
    const page = `query { auditLog(first: 2) { totalCount pageInfo { hasNextPage endCursor } ${fields} } }`;
    const { auditLog } = await data(page);
    expect(auditLog).toMatchObject({
      totalCount: 3,
      pageInfo: { hasNextPage: true, endCursor: '1' },
      nodes: [
        { id: 'a-1', position: 0, plane: 'OPERATIONAL', digests: [{ name: 'plan', value: 'd'.repeat(64) }] },
        { id: 'a-2', position: 1, plane: 'CLINICAL', outcome: 'REFUSED', reason: 'MAKER_IS_CHECKER', target: null },
      ],
    });
    const rest = await data('query { auditLog(first: 2, after: "1") { nodes { id text } pageInfo { hasNextPage } } }');
    expect(rest.auditLog).toMatchObject({ pageInfo: { hasNextPage: false }, nodes: [{ id: 'a-3' }] });
  });

  test('finds entries by what they are about, who acted, what was done and how it ended', async () => {
    const ids = async (filter: string) =>
      (
        (await data(`query { auditLog(filter: {${filter}}) { nodes { id } } }`)).auditLog as { nodes: { id: string }[] }
      ).nodes.map(({ id }) => id);
    expect(await ids('subject: "bat-1"')).toEqual(['a-2', 'a-3']);
    expect(await ids('actor: "anna"')).toEqual(['a-3']);
    expect(await ids('action: "migration-declared"')).toEqual(['a-1']);
    expect(await ids('plane: CLINICAL, outcome: REFUSED')).toEqual(['a-2']);
  });

  test('contributes the trail of a batch, an item and a migration', async () => {
    const variables = '($of: [_Any!]!)';
    const query = `query${variables} { _entities(representations: $of) {
      ... on Batch { auditTrail { totalCount nodes { id } } }
      ... on Item { auditTrail { totalCount } }
      ... on Migration { auditTrail { nodes { id } } evidence { totalCount } }
      ... on LogEntry { action } } }`;
    const of = [
      { __typename: 'Batch', id: 'bat-1' },
      { __typename: 'Item', id: 'item-9' },
      { __typename: 'Migration', id: MIGRATION },
      { __typename: 'LogEntry', id: 'a-1' },
    ];
    const { data: found, errors } = await house.ask(query, VERA, { of });
    expect(errors).toBeUndefined();
    expect(found?.['_entities']).toMatchObject([
      { auditTrail: { totalCount: 2, nodes: [{ id: 'a-2' }, { id: 'a-3' }] } },
      { auditTrail: { totalCount: 0 } },
      { auditTrail: { nodes: [{ id: 'a-1' }] } },
      { action: 'migration-declared' },
    ]);
  });

  test('proves an entry, and that the log only grew, to somebody who has nothing but the key', async () => {
    const { checkpoint, auditLog, consistencyProof } = (await data(
      'query { checkpoint { text verifierKey size root } auditLog { nodes { text proof } } consistencyProof(size: 2) }',
    )) as unknown as {
      checkpoint: { text: string; verifierKey: string; size: number };
      auditLog: { nodes: { text: string; proof: string }[] };
      consistencyProof: string[];
    };
    const verifier = parseVerifier(checkpoint.verifierKey);
    if (verifier === undefined) throw new Error('no verifier');
    const opened = openCheckpoint(checkpoint.text, verifier);
    for (const { text, proof } of auditLog.nodes) {
      const file = parseProofFile(proof);
      expect(file && provesEntry(file, Buffer.from(text), verifier)).toBe(true);
      expect(file && provesEntry(file, Buffer.from(`${text} `), verifier)).toBe(false);
    }
    if (opened === undefined) throw new Error('no checkpoint');
    const oldRoot = naiveRoot(auditLog.nodes.slice(0, 2).map(({ text }) => Buffer.from(text)));
    const proof = consistencyProof.map((hash) => Buffer.from(hash, 'base64'));
    expect(isConsistent({ oldSize: 2, oldRoot, size: opened.size, root: opened.root }, proof)).toBe(true);
  });

  test('shows entries to nobody who may see totals only, and seals for nobody without the role', async () => {
    const { errors } = await house.ask('query { auditLog { totalCount } }', EVA);
    expect(errors?.[0]?.extensions['code']).toBe('FORBIDDEN');
    const seal =
      'mutation($input: SealEvidenceInput!) { sealEvidence(input: $input) { pack { directory } userErrors { code } } }';
    for (const [actor, code] of [
      [EVA, 'FORBIDDEN'],
      [undefined, 'UNAUTHENTICATED'],
    ] as const) {
      const refusedTo = await house.ask(seal, actor, { input: { migrationId: MIGRATION } });
      expect(refusedTo.errors?.[0]?.extensions['code']).toBe(code);
    }
  });

  test.each([
    ['a page that is too large', 'query { auditLog(first: 251) { totalCount } }'],
    ['a page of nothing', 'query { auditLog(first: 0) { totalCount } }'],
    ['a cursor of somebody else', 'query { auditLog(after: "x") { totalCount } }'],
    ['a proof of more than there is', 'query { consistencyProof(size: 1000000) }'],
  ])('refuses %s', async (_, query) => {
    const { errors } = await house.ask(query, VERA);
    expect(errors?.[0]?.extensions['code']).toBe('BAD_USER_INPUT');
  });

  test('delivers every entry after a cursor, then what is appended, and lets go at once', async () => {
    const stream = await house.watch('subscription { auditAppended(since: "0") { id } }', VERA);
    if (!(Symbol.asyncIterator in stream)) throw new Error('refused');
    const next = async () => ((await stream.next()).value?.data?.auditAppended as { id: string }).id;
    expect([await next(), await next()]).toEqual(['a-2', 'a-3']);
    const pending = next();
    await record(house.database, [entry('b-1')]);
    expect(await pending).toBe('b-1');
    await stream.return?.();
  });

  test('seals the evidence of a migration, once everything told before is in it', async () => {
    const fields = 'directory number state checkpoint bagDigest problem requestedBy migration { id }';
    const seal = `mutation { sealEvidence(input: { migrationId: "${MIGRATION}" }) {
      pack { ${fields} } userErrors { code message } } }`;
    const { data: sealed, errors } = await house.ask(seal, OLGA);
    expect(errors).toBeUndefined();
    expect(sealed?.['sealEvidence']).toMatchObject({
      pack: {
        directory: 'pack-st-anne-0001',
        number: 1,
        state: 'SEALED',
        requestedBy: 'olga',
        migration: { id: MIGRATION },
      },
      userErrors: [],
    });
    const folder = join(place.directory, 'evidence');
    expect(readdirSync(folder)).toEqual(['pack-st-anne-0001']);
    expect(verifyPack(openFolder(join(folder, 'pack-st-anne-0001'))).problems).toEqual([]);
    const query = `query { evidencePacks(migrationId: "${MIGRATION}") { directory state sealedAt } }`;
    expect((await data(query)).evidencePacks).toMatchObject([{ directory: 'pack-st-anne-0001', state: 'SEALED' }]);
  });

  test('refuses to seal what it never heard of', async () => {
    const seal = `mutation { sealEvidence(input: { migrationId: "mig-unknown" }) {
      pack { id } userErrors { code field remedy } } }`;
    const { sealEvidence } = await data(seal, OLGA);
    expect(sealEvidence).toMatchObject({
      pack: null,
      userErrors: [{ code: 'MIGRATION_UNKNOWN', field: ['migrationId'] }],
    });
  });
});
