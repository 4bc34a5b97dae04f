/** A batch that runs is slowed down, seen to be, and let go by two people, without stopping it. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { openHouse, type House } from '../../cli/house.ts';
import type { Actor, Role } from '../../kernel/actor.ts';
import { SUBGRAPHS } from '../../kernel/event.ts';
import { derivedId } from '../../kernel/id.ts';
import { memoryPlace } from '../../plugins/memory/index.ts';
import { loadConfig } from '../../runtime/config.ts';
import { silentLog } from '../../runtime/log.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { poll } from '../support/graph.ts';

const person = (id: string, role: Role): Actor => ({ type: 'user', id, roles: [role] });
const [OLGA, ANNA] = [person('olga', 'operator'), person('anna', 'approver')];
const id = derivedId('mig', 'st-anne');
/** At the cap below it takes a quarter of an hour to read, and as long to move. */
const SIZE_BYTES = 64_000_000;
const POLICY = `
approval: { bandwidth: required }
survey: { inspect: none }
transfer: { bandwidth: { route: { bytesPerSecondMax: 65536 } } }`;

interface Seen {
  readonly migration: {
    readonly bandwidth: { readonly inForce: object; readonly proposed: { document: string } | null };
  };
  readonly batches: { readonly nodes: readonly { readonly state: string; readonly heldByBandwidthSeconds: number }[] };
}
const LOOK = `query ($id: ID!) { migration(id: $id) { bandwidth { inForce proposed { document } } }
  batches(migrationId: $id) { nodes { state heldByBandwidthSeconds } } }`;
const READINESS = 'query ($id: ID!) { migration(id: $id) { survey { state } readiness { state } } }';

onEveryDialect('the caps of a batch that runs', (dialect) => {
  let place: Place;
  let house: House;
  beforeEach(async () => {
    place = await dialect.enter();
    house = await open();
  });
  afterEach(async () => {
    await house.close();
    await place.leave();
  });

  const open = () => {
    const connectors = ['@waybill/connector-memory'];
    const { directory, url } = place;
    const config = loadConfig({ directory, databaseUrl: url, port: 0, connectors, environment: {} });
    return openHouse({ config, parts: ['gateway', ...SUBGRAPHS], log: silentLog });
  };
  async function ask<T>(query: string, variables: object, actor: Actor = OLGA): Promise<T> {
    const answer = await house.gateway?.execute({ query, variables: { ...variables } }, actor);
    if (answer?.errors) throw new Error(JSON.stringify(answer.errors));
    return answer?.data as T;
  }
  /** What the mutation is refused with; nothing when it was done. */
  async function refusals(mutation: string, input: object, actor: Actor = OLGA): Promise<readonly object[]> {
    const type = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input`;
    const query = `mutation ($input: ${type}!) { ${mutation}(input: $input) { userErrors { code message } } }`;
    const answer = await ask<Record<string, { readonly userErrors: readonly object[] }>>(query, { input }, actor);
    return answer[mutation]?.userErrors ?? [];
  }
  const act = async (mutation: string, input: object, actor?: Actor) =>
    expect(await refusals(mutation, input, actor)).toEqual([]);
  const look = () => ask<Seen>(LOOK, { id });

  test('are lifted by two people: it goes on at once, says how long it was held, and the house remembers', async () => {
    const name = randomBytes(6).toString('hex');
    memoryPlace(`source-${name}`).put('scans/film.dcm', Buffer.alloc(SIZE_BYTES, 7));
    const end = (at: string) => ({ connector: 'memory', config: { place: at } });
    const scans = { name: 'scans', tier: 'historical-searchable', select: 'scans/**', format: 'bytes', owner: 'him' };
    const datasets = [{ ...scans, lineage: 'pass-through' }];
    const plan = { migration: 'st-anne', source: end(`source-${name}`), target: end(`target-${name}`), datasets };
    await act('declareMigration', { plan, policy: POLICY });
    await act('surveyMigration', { migrationId: id });
    await poll(
      () => ask<{ migration: { survey: { state: string }; readiness: { state: string } } }>(READINESS, { id }),
      ({ migration: { survey, readiness } }) => survey.state === 'COMPLETE' && readiness.state === 'READY',
    );
    // Transfer hears of the readiness a moment later.
    const launched = () => refusals('launchBatch', { migrationId: id, idempotencyKey: 'one' });
    await poll(launched, (refused) => refused.length === 0);
    await poll(look, ({ batches }) => (batches.nodes[0]?.heldByBandwidthSeconds ?? 0) > 0);
    await act('proposeBandwidth', { migrationId: id, bandwidth: '{}', reason: 'the ward has closed' });
    const { bandwidth } = (await look()).migration;
    expect(bandwidth.inForce).toMatchObject({ route: { bytesPerSecondMax: 65_536 } });
    const document = bandwidth.proposed?.document;
    await act('approveBandwidth', { migrationId: id, document }, ANNA);
    const ended = await poll(look, ({ batches }) => batches.nodes[0]?.state === 'RECONCILED');
    expect(ended.batches.nodes[0]?.heldByBandwidthSeconds).toBeGreaterThan(0);
    await house.close();
    house = await open();
    expect((await look()).migration.bandwidth.inForce).toMatchObject({ route: { bytesPerSecondMax: null } });
  });
});
