/** The queue over GraphQL: pages, who sees what, who may do what, and a stream that loses nothing. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ExecutionResult, type GraphQLSchema, graphql, parse, subscribe } from 'graphql';
import type { Actor, Role } from '../../../kernel/actor.ts';
import { fixedClock } from '../../../kernel/clock.ts';
import { schemaOf } from '../../../subgraphs/validation/main.ts';
import { Migration } from '../../../subgraphs/validation/store/tables.ts';
import { assignException, commentException } from '../../../subgraphs/validation/work/act-on-exception.ts';
import { onEveryDialect, type Place } from '../../support/databases.ts';
import { change, lose } from '../planted.ts';
import { clinical, demographics, documents, INDEX } from '../practice.ts';
import { NOON, Rig } from '../rig.ts';

const somebody = (id: string, ...roles: readonly Role[]): Actor => ({ type: 'user', id, roles });
const OLGA = somebody('olga', 'operator');
const ANNA = somebody('anna', 'approver');
const ADAM = somebody('adam', 'auditor');

onEveryDialect('the queue of exceptions', (dialect) => {
  let place: Place;
  let rig: Rig;
  let schema: GraphQLSchema;
  const clock = fixedClock(NOON);
  const datasets = [
    demographics(),
    clinical(),
    documents({ 'documents/index.csv': `${INDEX}D3,0003,three.txt\n`, 'documents/stray.txt': 'a stray\n' }),
  ];

  beforeAll(async () => {
    place = await dialect.enter();
    rig = await Rig.open(place, { clock });
    schema = (await schemaOf(rig.house, rig.watch)).schema;
    await rig.carryAll(...datasets);
    change(rig, 'Patient', 'mrn:0004', (it) => ({ ...it, gender: 'male', birthDate: '1973-07-09' }));
    lose(rig, 'MedicationRequest', 'MedicationRequest:m2');
    rig.target.put('documents/one.txt', 'something else');
    rig.target.put('documents/planted.txt', 'by somebody else');
    await rig.work();
  });
  afterAll(() => place.leave());

  type Answer = Record<string, unknown>;
  const ask = async (source: string, variableValues: object, actor: Actor | undefined = OLGA): Promise<Answer> => {
    const contextValue = { actor };
    const result = await graphql({ schema, source, variableValues: variableValues as Answer, contextValue });
    if (result.errors)
      throw new Error(result.errors.map(({ extensions, message }) => extensions['code'] ?? message).join());
    return JSON.parse(JSON.stringify(result.data)) as Answer;
  };
  const FIELDS = 'id category severity state sourceId targetId field owner dataset { id } batch { id } item { id }';
  const PAGE = `query($id: ID!, $first: Int!, $after: String, $filter: ExceptionFilter, $orderBy: ExceptionOrder) {
    exceptions(migrationId: $id, first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
      nodes { ${FIELDS} } pageInfo { hasNextPage endCursor } totalCount } }`;
  interface Page {
    readonly nodes: readonly {
      readonly id: string;
      readonly category: string;
      readonly sourceId: string;
      readonly severity: string;
    }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
    readonly totalCount: number;
  }
  const pages = async (first: number, more: object = {}, actor?: Actor): Promise<Page['nodes']> => {
    const all: Page['nodes'][number][] = [];
    for (let after: string | null = null; ; ) {
      const variables: object = { id: rig.migrationId, first, after, ...more };
      const { exceptions } = (await ask(PAGE, variables, actor)) as unknown as { exceptions: Page };
      all.push(...exceptions.nodes);
      if (!exceptions.pageInfo.hasNextPage) return all;
      after = exceptions.pageInfo.endCursor;
    }
  };

  test('is paged in any order, every exception once', async () => {
    const ids = (await rig.exceptions()).map(({ id }) => id);
    expect(ids).toHaveLength(8);
    for (const field of ['SEQ', 'SEVERITY', 'DUE_AT', 'RAISED_AT']) {
      for (const direction of ['ASC', 'DESC']) {
        const paged = await pages(2, { orderBy: { field, direction } });
        expect(paged.map(({ id }) => id).toSorted()).toEqual(ids);
        if (field !== 'SEVERITY') continue;
        const severities = paged.map(({ severity }) => severity);
        expect(severities).toEqual(direction === 'ASC' ? severities.toSorted() : severities.toSorted().toReversed());
      }
    }
    await expect(ask(PAGE, { id: rig.migrationId, first: 251 })).rejects.toThrow('BAD_USER_INPUT');
    await expect(ask(PAGE, { id: rig.migrationId, first: 1, after: 'nonsense' })).rejects.toThrow('BAD_USER_INPUT');
  });

  test('is filtered by category, severity, dataset and state', async () => {
    const of = async (filter: object) => (await pages(10, { filter })).map(({ category }) => category).toSorted();
    expect(await of({ category: { in: ['orphan', 'truncation'] } })).toEqual(['orphan']);
    expect(await of({ dataset: { in: [rig.datasetId('clinical')] } })).toEqual(['missing-record']);
    expect(await of({ state: { in: ['CLOSED'] } })).toEqual([]);
    expect(await of({ state: { in: ['OPEN', 'OWNED'] } })).toHaveLength(8);
  });

  test('is filtered by cause, by owner, by who answers and by what is late', async () => {
    const ids = async (filter: object) => (await pages(10, { filter })).map(({ id }) => id).toSorted();
    const all = await rig.exceptions();
    const causeId = all.find(({ field }) => field === 'gender')?.causeId;
    expect(await ids({ cause: { in: [causeId] } })).toEqual(
      all.filter((each) => each.causeId === causeId).map(({ id }) => id),
    );
    expect(await ids({ overdue: true })).toEqual([]);
    clock.advance(5 * 3_600_000);
    const late = all.filter(({ severity }) => severity === 'P1').map(({ id }) => id);
    expect(await ids({ overdue: true })).toEqual(late);
    expect(late.length).toBeGreaterThan(0);
    expect(await ids({ unowned: true })).toEqual(all.filter(({ owner }) => owner == null).map(({ id }) => id));
    expect(await ids({ owner: { in: ['lab', 'nobody'] } })).toEqual(
      all.filter(({ owner }) => owner === 'lab').map(({ id }) => id),
    );
    expect(await ids({ severity: { in: ['P1', 'P2'] }, overdue: true, state: { in: ['CLOSED'] } })).toEqual([]);
    clock.advance(-5 * 3_600_000);
  });

  test('is a few causes to people, the gravest first, each counted', async () => {
    const CAUSES = `query($of: [_Any!]!, $first: Int!, $after: String) { _entities(representations: $of) {
      ... on Migration { exceptionCauses(first: $first, after: $after, filter: { open: true }) {
        nodes { id text fingerprint category severity open total firstSeenAt oldestDueAt dataset { id } }
        pageInfo { hasNextPage endCursor } } } } }`;
    interface Causes {
      readonly nodes: readonly { id: string; text: string; severity: string; open: number; total: number }[];
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
    }
    const of = [{ __typename: 'Migration', id: rig.migrationId }];
    const all: Causes['nodes'][number][] = [];
    for (let after: string | null = null, more = true; more; ) {
      const answer: Answer = await ask(CAUSES, { of, first: 2, after });
      const [{ exceptionCauses: page }] = answer['_entities'] as [{ exceptionCauses: Causes }];
      all.push(...page.nodes);
      after = page.pageInfo.endCursor;
      more = page.pageInfo.hasNextPage;
    }
    const rows = await rig.exceptions();
    expect(all.map(({ id }) => id).toSorted()).toEqual([...new Set(rows.map(({ causeId }) => causeId))].toSorted());
    for (const { id, open, total } of all) {
      const members = rows.filter(({ causeId }) => causeId === id).length;
      expect({ open, total }).toEqual({ open: members, total: members });
    }
    const severities = all.map(({ severity }) => severity);
    expect(severities).toEqual(severities.toSorted());
    expect(all.map(({ text }) => text)).toContain(
      'code-translation-mismatch in Patient.gender (match: CRITICAL_FIELD_DIFFERS)',
    );
    expect(JSON.stringify(all)).not.toMatch(/mrn:|documents\/|\b0004\b/);
  });

  test('names patients and documents to those who work with them, and to nobody else', async () => {
    const seen = async (actor: Actor | undefined) => (await pages(10, {}, actor)).map(({ sourceId }) => sourceId);
    expect(await seen(OLGA)).toContain('mrn:0004');
    expect(await seen(somebody('rita', 'reviewer'))).toContain('documents/one.txt');
    for (const actor of [ADAM, ANNA, somebody('eve', 'executive')]) {
      const text = JSON.stringify(await pages(10, {}, actor));
      expect(text).not.toMatch(/mrn:|documents\/|\b0004\b/);
      for (const sourceId of await seen(actor)) expect(sourceId).toMatch(/^[0-9a-f]{64}$/);
    }
  });

  test('adds verdicts, dispositions and assurance to batches and migrations', async () => {
    const entities = `query($of: [_Any!]!) { _entities(representations: $of) {
      ... on Batch { reconciliation { report records { source matched } dispositions { eligible verified quarantined }
        assurance { bytes fields workflow notVerifiable } } exceptions(first: 1) { totalCount } }
      ... on Migration { reconciliation { report exceptions } dispositions { eligible quarantined }
        exceptionsOpen } } }`;
    const of = [
      { __typename: 'Batch', id: rig.batchId('demographics') },
      { __typename: 'Migration', id: rig.migrationId },
      { __typename: 'Batch', id: 'bat-none' },
    ];
    expect(await ask(entities, { of })).toMatchObject({
      _entities: [
        {
          reconciliation: {
            records: { source: 4, matched: 3 },
            dispositions: { eligible: 2, verified: 1, quarantined: 1 },
            assurance: { bytes: 0, fields: 0, workflow: 2, notVerifiable: 0 },
          },
          exceptions: { totalCount: 3 },
        },
        { dispositions: { eligible: 8, quarantined: 5 }, exceptionsOpen: 8 },
        { reconciliation: null, exceptions: { totalCount: 0 } },
      ],
    });
  });

  test('lets operators and reviewers act, approvers approve, and others do nothing', async () => {
    const [exception] = await pages(10, { filter: { category: { in: ['orphan'] } } });
    const exceptionId = exception?.id ?? '';
    const ASSIGN = `mutation($input: AssignExceptionInput!) {
      assignException(input: $input) { exception { state owner } userErrors { code field } } }`;
    const assign = (actor: Actor | undefined, owner = 'nora') => ask(ASSIGN, { input: { exceptionId, owner } }, actor);
    for (const actor of [ADAM, ANNA]) await expect(assign(actor)).rejects.toThrow('FORBIDDEN');
    expect(await assign(OLGA)).toEqual({
      assignException: { exception: { state: 'OWNED', owner: 'nora' }, userErrors: [] },
    });
    expect(await assign(OLGA, ' ')).toMatchObject({
      assignException: { exception: null, userErrors: [{ code: 'OWNER_MISSING', field: ['input', 'owner'] }] },
    });
    const RECHECK = `mutation($input: RecheckExceptionInput!) {
      recheckException(input: $input) { exception { state } userErrors { code } } }`;
    expect(await ask(RECHECK, { input: { exceptionId } })).toMatchObject({
      recheckException: { exception: null, userErrors: [{ code: 'RECHECK_NOT_POSSIBLE' }] },
    });
    const PROPOSE = `mutation($input: ProposeWaiverInput!) {
      proposeWaiver(input: $input) { digest userErrors { code } } }`;
    const input = { exceptionId, reason: 'seen by the archive', expiresAt: '2026-11-20T00:00:00Z' };
    const { proposeWaiver } = (await ask(PROPOSE, { input })) as { proposeWaiver: { digest: string } };
    const APPROVE = `mutation($input: ApproveWaiverInput!) {
      approveWaiver(input: $input) { exception { state closedBy } userErrors { code } } }`;
    const approve = (actor: Actor) => ask(APPROVE, { input: { digest: proposeWaiver.digest } }, actor);
    expect(await approve(OLGA)).toMatchObject({ approveWaiver: { userErrors: [{ code: 'ROLE_REQUIRED' }] } });
    await expect(approve(ADAM)).rejects.toThrow('FORBIDDEN');
    expect(await approve(ANNA)).toMatchObject({
      approveWaiver: { exception: { state: 'CLOSED', closedBy: 'WAIVER' } },
    });
  });

  test('streams what was raised after a cursor and then what is raised, losing nothing', async () => {
    const source = `subscription($id: ID!, $since: Int) {
      exceptionRaised(migrationId: $id, since: $since) { seq exception { id category sourceId } } }`;
    const open = async (since: number | null, actor: Actor): Promise<AsyncGenerator<ExecutionResult>> => {
      const variableValues = { id: rig.migrationId, since };
      const stream = await subscribe({ schema, document: parse(source), variableValues, contextValue: { actor } });
      if (!(Symbol.asyncIterator in stream)) throw new Error(JSON.stringify(stream));
      return stream;
    };
    type Event = { exceptionRaised: { seq: number; exception: { category: string; sourceId: string } } };
    const take = async (stream: AsyncGenerator<ExecutionResult>): Promise<Event['exceptionRaised']> => {
      const { value } = await stream.next();
      return ((value as ExecutionResult).data as unknown as Event).exceptionRaised;
    };
    const all = await open(null, OLGA);
    for (let seq = 1; seq <= 8; seq++) expect((await take(all)).seq).toBe(seq);
    const later = await open(6, ADAM);
    expect((await take(later)).seq).toBe(7);
    expect((await take(later)).exception.sourceId).toMatch(/^[0-9a-f]{64}$/);
    const [next, nextToo] = [take(all), take(later)];
    rig.target.put('documents/another.txt', 'by somebody else');
    await rig.moved(datasets[2] as (typeof datasets)[number]);
    await rig.work();
    expect(await next).toMatchObject({ seq: 9, exception: { sourceId: 'documents/another.txt' } });
    expect((await nextToo).seq).toBe(9);
    await all.return(undefined);
    await later.return(undefined);
  });

  test('streams what is done about exceptions; a client that was cut goes on after what it saw', async () => {
    const source = `subscription($id: ID!, $since: Int) { exceptionChanged(migrationId: $id, since: $since) {
      seq act { action actor text state } exception { id owner dataset { id } } } }`;
    type Change = { seq: number; act: { action: string; text: string | null }; exception: { id: string } };
    const open = async (since: number, actor: Actor): Promise<AsyncGenerator<ExecutionResult>> => {
      const variableValues = { id: rig.migrationId, since };
      const stream = await subscribe({ schema, document: parse(source), variableValues, contextValue: { actor } });
      if (!(Symbol.asyncIterator in stream)) throw new Error(JSON.stringify(stream));
      return stream;
    };
    const take = async (stream: AsyncGenerator<ExecutionResult>): Promise<Change> => {
      const { value } = await stream.next();
      return ((value as ExecutionResult).data as unknown as { exceptionChanged: Change }).exceptionChanged;
    };
    const [first, second] = await rig.exceptions();
    const before = (await rig.house.store.read((em) => em.findOneOrFail(Migration, { id: rig.migrationId }))).actSeq;
    const stream = await open(before, OLGA);
    const coming = take(stream);
    await assignException(rig.house, first?.id ?? '', 'nora', OLGA);
    expect(await coming).toMatchObject({ seq: before + 1, act: { action: 'ASSIGNED' }, exception: { id: first?.id } });
    await stream.return(undefined);
    await commentException(rig.house, second?.id ?? '', 'while away', OLGA);
    await assignException(rig.house, second?.id ?? '', 'ruth', OLGA);
    const resumed = await open(before + 1, OLGA);
    expect(await take(resumed)).toMatchObject({ seq: before + 2, act: { action: 'COMMENTED', text: 'while away' } });
    expect(await take(resumed)).toMatchObject({ seq: before + 3, exception: { id: second?.id, owner: 'ruth' } });
    await resumed.return(undefined);
    const auditor = await open(before + 1, ADAM);
    expect(await take(auditor)).toMatchObject({ act: { action: 'COMMENTED', text: null } });
    await auditor.return(undefined);
  });
});
