/** What the host does for a connector in its own process: secrets, spool, log and connections. */
import type { ConnectorContext } from '../../sdk/index.ts';
import type { AllowedPlace } from './allow-list.ts';
import type { Broker } from './broker.ts';
import type { Link, Services } from './link.ts';
import type { Offers } from './offers.ts';

/** What one opened connector may log; more is dropped. */
const LOGS_MAX = 1_000;
const FACTS_MAX = 20;
const FACT_CHARS_MAX = 1_000;

/** What the host lends to a connector that it keeps apart. */
export interface LentContext extends ConnectorContext {
  /** Where it may connect to: nowhere when left out. */
  readonly network?: readonly AllowedPlace[] | undefined;
  /** What its connections may carry, both ways together; left out: no end. */
  readonly wireMaxBytes?: number | undefined;
  /** How many connections a minute it may open; left out: no end. */
  readonly connectionsPerMinuteMax?: number | undefined;
}

export function secretsOf(names: readonly string[], context: ConnectorContext): Record<string, string> {
  const secrets: Record<string, string> = {};
  for (const name of names) {
    try {
      secrets[name] = context.secret(name);
    } catch {
      // The plan names none of this name; the connector hears so when it asks.
    }
  }
  return secrets;
}

export const NOBODY: Services = {
  call: () => Promise.reject(new Error('there is no such call')),
  stream: () => {
    throw new Error('there is no such stream');
  },
};

/** What is at hand for one process. */
interface Lent {
  readonly log: ConnectorContext['log'];
  readonly link: () => Link;
  readonly offers: Offers;
  readonly broker: Broker;
}

/** What calls carry; each call has the parts it needs. */
interface Asked {
  readonly fact: string;
  readonly facts?: Readonly<Record<string, string>>;
  readonly key: string;
  readonly offer: number;
  readonly lasting: unknown;
  readonly host: string;
  readonly port: number;
  readonly connection: number;
}

export function servicesOf(context: ConnectorContext, { log, link, offers, broker }: Lent): Services {
  const taken = (offer: number) => link().stream('bytes', { offer }) as AsyncIterable<Uint8Array>;
  return {
    call: async (method, value) => {
      const { fact, facts, key, offer, lasting, host, port } = value as Asked;
      switch (method) {
        case 'log':
          return log(String(fact), facts);
        case 'spool.remove':
          return context.spool.remove(String(key));
        case 'spool.write':
          return context.spool.write(String(key), taken(offer), lasting === 'fleeting' ? lasting : undefined);
        case 'connect':
          return broker.connect(String(host), Number(port), taken(offer));
        default:
          throw new Error('there is no such call');
      }
    },
    stream: (method, value) => {
      const { key, offer, connection } = value as Asked;
      if (method === 'spool.read') return context.spool.read(String(key));
      const bytes = method === 'bytes' ? offers.take(offer) : undefined;
      const received = method === 'connection' ? broker.bytes(connection) : undefined;
      const found = bytes ?? received;
      if (found !== undefined) return found;
      throw new Error('there is no such stream');
    },
  };
}

/** What its process may log, and what is logged because of it. */
export function limitedLog(context: ConnectorContext): ConnectorContext['log'] {
  let logs = 0;
  return (fact, facts) => {
    logs++;
    if (logs <= LOGS_MAX) context.log(shortened(fact), loggable(facts));
    if (logs === LOGS_MAX) context.log('connector-log-full', { logs });
  };
}

/** Facts are words and numbers; what a process sends may be anything. */
function loggable(facts: unknown): Readonly<Record<string, string | number | boolean>> {
  const kept: Record<string, string | number | boolean> = {};
  const given = typeof facts === 'object' ? (facts ?? {}) : {};
  for (const [name, value] of Object.entries(given as Record<string, unknown>).slice(0, FACTS_MAX)) {
    if (typeof value === 'string') kept[shortened(name)] = shortened(value);
    if (typeof value === 'number' || typeof value === 'boolean') kept[shortened(name)] = value;
  }
  return kept;
}

/** Left out whole: of a secret that is cut, nobody would know the rest. */
function shortened(text: string): string {
  return text.length <= FACT_CHARS_MAX ? text : `[${text.length} characters]`;
}
