/** A house whose caps are changed while a batch runs: what people ask of it, and what it answers. */
import { openHouse, type House } from '../../cli/house.ts';
import type { Actor, Role } from '../../kernel/actor.ts';
import { SUBGRAPHS } from '../../kernel/event.ts';
import { derivedId } from '../../kernel/id.ts';
import { loadConfig } from '../../runtime/config.ts';
import { silentLog } from '../../runtime/log.ts';
import { poll } from '../support/graph.ts';

const person = (id: string, role: Role): Actor => ({ type: 'user', id, roles: [role] });
export const [OLGA, ANNA] = [person('olga', 'operator'), person('anna', 'approver')];
const MIGRATION = derivedId('mig', 'st-anne');

interface Seen {
  readonly migration: {
    readonly bandwidth: { readonly inForce: object; readonly proposed: { document: string } | null };
  };
  readonly batches: { readonly nodes: readonly { readonly state: string; readonly heldByBandwidthSeconds: number }[] };
}
const LOOK = `query ($id: ID!) { migration(id: $id) { bandwidth { inForce proposed { document } } }
  batches(migrationId: $id) { nodes { state heldByBandwidthSeconds } } }`;
const READINESS = 'query ($id: ID!) { migration(id: $id) { survey { state } readiness { state } } }';

export class SlowedHouse {
  readonly #house: House;

  private constructor(house: House) {
    this.#house = house;
  }

  static async open({ directory, url }: { readonly directory: string; readonly url?: string | undefined }) {
    const connectors = ['@waybill/connector-memory', '@waybill/connector-hl7-file-drop'];
    const config = loadConfig({ directory, databaseUrl: url, port: 0, connectors, environment: {} });
    return new SlowedHouse(await openHouse({ config, parts: ['gateway', ...SUBGRAPHS], log: silentLog }));
  }

  close(): Promise<void> {
    return this.#house.close();
  }

  async #ask<T>(query: string, variables: object, actor: Actor): Promise<T> {
    const answer = await this.#house.gateway?.execute({ query, variables: { ...variables } }, actor);
    if (answer?.errors) throw new Error(JSON.stringify(answer.errors));
    return answer?.data as T;
  }

  /** What the mutation is refused with; nothing when it was done. */
  async refusals(mutation: string, input: object, actor: Actor = OLGA): Promise<readonly object[]> {
    const type = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input`;
    const query = `mutation ($input: ${type}!) { ${mutation}(input: $input) { userErrors { code message } } }`;
    const answer = await this.#ask<Record<string, { readonly userErrors: readonly object[] }>>(query, { input }, actor);
    return answer[mutation]?.userErrors ?? [];
  }

  async #act(mutation: string, input: object, actor?: Actor): Promise<void> {
    const refused = await this.refusals(mutation, input, actor);
    if (refused.length > 0) throw new Error(JSON.stringify(refused));
  }

  look(): Promise<Seen> {
    return this.#ask<Seen>(LOOK, { id: MIGRATION }, OLGA);
  }

  /** Declares and surveys what lies at `source`, until it may be launched. */
  async prepare(source: object, policy: string): Promise<void> {
    const target = { connector: 'memory', config: { place: 'slowed' } };
    const scans = { name: 'scans', tier: 'historical-searchable', select: 'scans/**', format: 'bytes', owner: 'him' };
    const datasets = [{ ...scans, lineage: 'pass-through' }];
    await this.#act('declareMigration', { plan: { migration: 'st-anne', source, target, datasets }, policy });
    await this.#act('surveyMigration', { migrationId: MIGRATION });
    const ask = () =>
      this.#ask<{ migration: { survey: { state: string }; readiness: { state: string } } }>(
        READINESS,
        { id: MIGRATION },
        OLGA,
      );
    await poll(
      ask,
      ({ migration: { survey, readiness } }) => `${survey.state} ${readiness.state}` === 'COMPLETE READY',
    );
  }

  /** Transfer hears of the readiness a moment later than whoever asks. */
  async launch(): Promise<void> {
    const asked = { migrationId: MIGRATION, idempotencyKey: 'one' };
    await poll(
      () => this.refusals('launchBatch', asked),
      (refused) => refused.length === 0,
    );
  }

  /** Two people change the caps. */
  async change(bandwidth: object): Promise<void> {
    const reason = 'the hours of the ward';
    const proposed = { migrationId: MIGRATION, bandwidth: JSON.stringify(bandwidth), reason };
    await this.#act('proposeBandwidth', proposed);
    const document = (await this.look()).migration.bandwidth.proposed?.document;
    await this.#act('approveBandwidth', { migrationId: MIGRATION, document }, ANNA);
  }

  /** Waits until the batch was held for longer than so many seconds. */
  async held(longerThan: number): Promise<number> {
    const seconds = ({ batches }: Seen): number => batches.nodes[0]?.heldByBandwidthSeconds ?? 0;
    return seconds(
      await poll(
        () => this.look(),
        (seen) => seconds(seen) > longerThan,
      ),
    );
  }

  async reconciled(): Promise<Seen> {
    return poll(
      () => this.look(),
      ({ batches }) => batches.nodes[0]?.state === 'RECONCILED',
    );
  }
}
