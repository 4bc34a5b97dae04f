/** CPU of the gateway for one query over four subgraphs, against the subgraphs' own work and stock @apollo/gateway. */
import { Pool } from 'undici';
import type { Figure } from './figure.ts';
import { median } from './rounds.ts';
import { type Child, startChild } from './federation/child.ts';

const ROUNDS = 5;
const QUERIES_PER_ROUND = 300;
const WARM_UP_QUERIES = 300;
const CONNECTIONS = 16;
/** The toys refuse one of the first batches, on purpose. */
const OFFSET_MIN = 20;
const OFFSETS = 160;

const QUERIES = [
  {
    name: '20 entities over 4 subgraphs',
    query: `query Q($offset: Int) { batches(first: 20, offset: $offset) {
      id state moved dataset { name system { name } } verdict { matched differs }
      entries(first: 2) { index action } } }`,
    goal: '<= 0.25 x stock',
  },
  { name: 'one subgraph', query: 'query Q($offset: Int) { batches(first: 1, offset: $offset) { id state } }' },
] as const;

interface Cost {
  readonly gatewayMs: number;
  readonly subgraphsMs: number;
}

export async function run(): Promise<readonly Figure[]> {
  const subgraphs = await startChild('subgraphs');
  const ours = await startChild('gateway', subgraphs.ready);
  const stock = await startChild('stock', subgraphs.ready);
  try {
    const figures: Figure[] = [];
    for (const query of QUERIES) figures.push(...(await compare(query, ours, stock, subgraphs)));
    return figures;
  } finally {
    await Promise.all([subgraphs, ours, stock].map((child) => child.stop()));
  }
}

async function compare(
  { name, query, ...rest }: { readonly name: string; readonly query: string; readonly goal?: string },
  ours: Child,
  stock: Child,
  subgraphs: Child,
): Promise<readonly Figure[]> {
  for (const gateway of [ours, stock]) await load(gateway, query, WARM_UP_QUERIES);
  const costs: { readonly ours: Cost[]; readonly stock: Cost[] } = { ours: [], stock: [] };
  for (let round = 0; round < ROUNDS; round++) {
    costs.ours.push(await measure(ours, subgraphs, query));
    costs.stock.push(await measure(stock, subgraphs, query));
  }
  const us = median(costs.ours.map(({ gatewayMs }) => gatewayMs));
  const them = median(costs.stock.map(({ gatewayMs }) => gatewayMs));
  const below = median(costs.ours.map(({ subgraphsMs }) => subgraphsMs));
  const cpuSeconds = (us * QUERIES_PER_ROUND * ROUNDS) / 1000;
  const value = { value: us, unit: 'ms CPU', cpuSeconds };
  return [
    { name: `gateway, ${name}`, ...value, peer: 'stock @apollo/gateway', ratio: us / them, ...rest },
    { name: `gateway, ${name}`, ...value, peer: 'the subgraphs alone', ratio: us / below },
  ];
}

async function measure(gateway: Child, subgraphs: Child, query: string): Promise<Cost> {
  const before = [await gateway.cpuSeconds(), await subgraphs.cpuSeconds()] as const;
  await load(gateway, query, QUERIES_PER_ROUND);
  const after = [await gateway.cpuSeconds(), await subgraphs.cpuSeconds()] as const;
  const perQueryMs = 1000 / QUERIES_PER_ROUND;
  return { gatewayMs: (after[0] - before[0]) * perQueryMs, subgraphsMs: (after[1] - before[1]) * perQueryMs };
}

/** Every query asks for other batches, so that none can be answered along with another. */
async function load(gateway: Child, query: string, count: number): Promise<void> {
  const url = new URL(String(gateway.ready['url']));
  const pool = new Pool(url.origin, { connections: CONNECTIONS });
  let asked = 0;
  const client = async (): Promise<void> => {
    while (asked < count) {
      const offset = OFFSET_MIN + ((asked++ * 7) % OFFSETS);
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify({ query, variables: { offset } });
      const answer = await pool.request({ method: 'POST', path: url.pathname, headers, body });
      const { errors } = (await answer.body.json()) as { errors?: readonly { readonly message: string }[] };
      if (errors) throw new Error(errors[0]?.message);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
  await pool.close();
}
