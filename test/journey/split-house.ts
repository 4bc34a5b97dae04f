/** A house in six processes: a gateway and every subgraph, over one PostgreSQL database and one data folder. */
import { randomBytes } from 'node:crypto';
import { SUBGRAPHS, type SubgraphName } from '../../kernel/event.ts';
import type { Place } from '../support/databases.ts';
import { type Served, serve } from '../support/household.ts';

type Settings = Readonly<Record<string, string>>;

export class SplitHouse {
  readonly #place: Place;
  readonly #parts = new Map<SubgraphName, Served>();
  readonly #settings: Settings;
  #gateway: Served | undefined;

  private constructor(place: Place) {
    this.#place = place;
    this.#settings = { WAYBILL_REQUEST_KEY: randomBytes(32).toString('hex') };
  }

  /** Starts the subgraphs on ports of the system's choice, then a gateway that is told where they are. */
  static async open(place: Place): Promise<SplitHouse> {
    const house = new SplitHouse(place);
    await Promise.all(SUBGRAPHS.map((name) => house.start(name, '0')));
    const urls = SUBGRAPHS.map((name) => [`WAYBILL_${name.toUpperCase()}_URL`, house.urlOf(name)]);
    // It has no database: the gateway alone knows nothing of its own.
    const environment = { ...house.#settings, ...(Object.fromEntries(urls) as Settings) };
    house.#gateway = await serve({ ...place, url: undefined }, { parts: ['gateway'], environment });
    return house;
  }

  /** Where the graph is. */
  get url(): string {
    return this.#gateway?.url ?? '';
  }

  urlOf(name: SubgraphName): string {
    return this.#parts.get(name)?.url ?? '';
  }

  /** Starts a subgraph in a process of its own: where it was before, or on `port`. */
  async start(name: SubgraphName, port: string = new URL(this.urlOf(name)).port): Promise<void> {
    const environment = { ...this.#settings, [`WAYBILL_${name.toUpperCase()}_PORT`]: port };
    this.#parts.set(name, await serve(this.#place, { parts: [name], environment }));
  }

  /** As a power cut would: nothing of it is asked. */
  async kill(name: SubgraphName): Promise<void> {
    const running = this.#parts.get(name)?.running;
    running?.process.kill('SIGKILL');
    await running?.ended;
  }

  /** Asks a subgraph to end; its exit code. */
  async stop(name: SubgraphName): Promise<number | null | undefined> {
    return this.#parts.get(name)?.stop();
  }

  /** Asks everything to end; the exit codes of what was still there. */
  async close(): Promise<readonly (number | null)[]> {
    const all = [...this.#parts.values(), ...(this.#gateway ? [this.#gateway] : [])];
    return Promise.all(all.map((each) => each.stop()));
  }
}
