/** Health: whether this process is up, and whether it can reach every subgraph. */
import type { SubgraphTransport } from './transport.ts';

export interface Readiness {
  readonly ready: boolean;
  readonly subgraphs: Readonly<Record<string, 'reachable' | 'unreachable'>>;
}

const PROBE_DEADLINE_MS = 2_000;

/** Asks all subgraphs at once; those who ask meanwhile share the answer. */
export function openReadiness(transports: Readonly<Record<string, SubgraphTransport>>): () => Promise<Readiness> {
  let underWay: Promise<Readiness> | undefined;
  return () => {
    underWay ??= probeAll(transports).finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
}

async function probeAll(transports: Readonly<Record<string, SubgraphTransport>>): Promise<Readiness> {
  const probes = Object.entries(transports).map(async ([name, transport]): Promise<[string, boolean]> => {
    return [name, await withDeadline(transport.isReachable())];
  });
  const found = await Promise.all(probes);
  return {
    ready: found.every(([, reachable]) => reachable),
    subgraphs: Object.fromEntries(found.map(([name, reachable]) => [name, reachable ? 'reachable' : 'unreachable'])),
  };
}

async function withDeadline(probe: Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), PROBE_DEADLINE_MS).unref();
  });
  return Promise.race([probe.catch(() => false), late]).finally(() => clearTimeout(timer));
}
