/** Whom a connector believes, and what it never tells. */
import { CONNECTED } from '../connector.ts';
import type { Source } from '../source.ts';
import type { Target } from '../target.ts';
import { all, everythingIn, holds, joined, once, fails, quotes, utf8 } from './expect.ts';
import { deliver, stored } from './committing.ts';
import { reasonFor } from './harness.ts';
import type { TroubleKind } from './harness.ts';
import { putAll } from './listing.ts';
import { configOf, never } from './perform.ts';
import { printedBy } from './printing.ts';
import { recordsParcel } from './recording.ts';
import { bytesParcel, CANARY, HOSTILE_PATHS, SAMPLES } from './samples.ts';
import { type Scenario, type Stage, unreadable } from './scenario.ts';

const IMPOSTORS = {
  'wrong-host-key': 'a peer that shows another host key is not trusted',
  'expired-certificate': 'a peer whose certificate has expired is not trusted',
  'unknown-authority': 'a peer whose certificate a stranger signed is not trusted',
  'wrong-name': 'a peer whose certificate is for another name is not trusted',
} as const satisfies Partial<Record<TroubleKind, string>>;

const TRUST: readonly Scenario[] = Object.entries(IMPOSTORS).map(([kind, promise]) => ({
  name: `trust.${kind}`,
  promise: `${promise}: PEER_NOT_TRUSTED`,
  needs: [kind as keyof typeof IMPOSTORS],
  run: async (stage) => {
    const raw = await stage.trouble({ kind: kind as keyof typeof IMPOSTORS });
    const config = await configOf(stage.connector, raw);
    await fails('PEER_NOT_TRUSTED', () => stage.connector.check(config, stage.context, never()), 'check');
  },
}));

const HYGIENE: readonly Scenario[] = [
  {
    name: 'hygiene.quiet',
    promise: 'whatever it does, well or badly, it logs no contents and no secrets, prints nothing, and quotes neither',
    run: async (stage) => {
      const told: string[] = [];
      const { toConsole, telling } = await printedBy(
        () => tour(stage, told),
        (text) => toldIn(stage, text) !== undefined,
      );
      holds(toConsole.length === 0, 'it prints to the console; use the log of its context');
      requireSilent(stage, telling.join('\n'), 'on standard output or error');
      requireSilent(stage, stage.logged.join('\n'), 'in the log');
      requireSilent(stage, told.join('\n'), 'by a failure or a check');
    },
  },
  {
    name: 'hygiene.telling-peer',
    promise: 'a peer that quotes a patient in its failure is not repeated',
    needs: ['telling-failure'],
    unless: (it) => (it.roles.includes('target') ? unreadable(it) : 'it is no target'),
    run: async (stage) => {
      const isOfRecords = stage.connector.capabilities.shapes.includes('records');
      const bytes = { parcel: bytesParcel('a', utf8(CANARY)), body: utf8(CANARY) };
      const { parcel, body } = isOfRecords ? recordsParcel(stage.harness, 'p1', ['k1'], CANARY) : bytes;
      const target = await stage.target();
      const staged = stored(await target.stage(parcel, once(body), never()));
      await stage.trouble({ kind: 'telling-failure', words: `cannot store ${CANARY}` });
      const told = await toldBy(() => target.commit(parcel, staged, never()));
      holds(told !== '', 'a commit that the peer refused is said to have succeeded');
      requireSilent(stage, stage.logged.join('\n'), 'in the log');
      requireSilent(stage, told, 'by a failure');
    },
  },
];

/** What is evidence of how data was protected in motion. */
const TOLD: Scenario = {
  name: 'trust.told',
  promise: 'what each connection negotiated is told by name, for the evidence, and no secret with it',
  // A place that is no peer in a network makes no connection.
  needs: ['unreachable'],
  unless: ({ capabilities: { transport } }) => {
    if (transport === 'ssh' || transport === 'https') return undefined;
    return transport === 'tcp' ? 'over TCP there may be nothing to negotiate' : 'it speaks over no network';
  },
  run: async (stage) => {
    const { place, connector } = stage;
    // Whatever becomes of it, a connection was made.
    if (connector.roles.includes('target')) await toldBy(async () => commitSomething(stage, await stage.target()));
    else await toldBy(async () => all((await stage.source()).list(never())));
    const told = stage.logged.map((line) => JSON.parse(line) as { fact: string } & Record<string, unknown>);
    const connections = told.filter(({ fact }) => fact === CONNECTED);
    holds(connections.length > 0, 'it tells nothing of its connections; use tellConnected');
    for (const { fact: _, ...facts } of connections) {
      holds(typeof facts['cipher'] === 'string', 'it does not tell the cipher of a connection');
      for (const [name, value] of Object.entries(facts))
        holds(typeof value === 'string', `the fact ${name} is no text`);
      for (const secret of Object.values(place.secrets)) {
        holds(!quotes(JSON.stringify(facts), secret), 'it tells a secret with its connections');
      }
    }
  },
};

export const TRUSTING: readonly Scenario[] = [...TRUST, TOLD, ...HYGIENE];

async function commitSomething(stage: Stage, target: Target): Promise<void> {
  const isOfRecords = stage.connector.capabilities.shapes.includes('records');
  const bytes = { parcel: bytesParcel('a', utf8('a')), body: utf8('a') };
  const { parcel, body } = isOfRecords ? recordsParcel(stage.harness, 'p1', ['k1']) : bytes;
  await target.commit(parcel, stored(await target.stage(parcel, once(body), never())), never());
}

function requireSilent(stage: Stage, text: string, where: string): void {
  const found = toldIn(stage, text);
  holds(found === undefined, `${found} told ${where}`);
}

/** What a text tells that it should not. */
function toldIn({ place }: Stage, text: string): string | undefined {
  if (text.includes(CANARY)) return 'contents of an item are';
  const [secret] = Object.entries(place.secrets).find(([, value]) => quotes(text, value)) ?? [];
  return secret && `the secret ${secret} is`;
}

/** Everything a connector can be made to say, good days and bad. */
async function tour(stage: Stage, told: string[]): Promise<void> {
  const hear = async (work: () => Promise<unknown>): Promise<void> => {
    told.push(await toldBy(work));
  };
  const { connector, config, context, place } = stage;
  const check = async () => told.push(JSON.stringify(await connector.check(config, context, never())));
  await hear(check);
  if (connector.roles.includes('source')) {
    if (reasonFor('items', connector, stage.harness) === undefined) await putAll(stage);
    await hear(async () => visitSource(await stage.source(), hear));
  }
  if (!connector.roles.includes('target')) return;
  const target = await stage.target();
  const records = recordsParcel(stage.harness, 'p1', ['k1'], CANARY);
  await hear(async () =>
    target.commit(records.parcel, await target.stage(records.parcel, once(records.body), never()), never()),
  );
  if (!connector.capabilities.shapes.includes('bytes')) return;
  const { items } = stage.harness;
  if (items !== undefined) {
    for (const name of ['told', 'told again']) await hear(() => deliver(target, name, items.item(name, CANARY)));
  }
  const secretive = utf8(`${CANARY} ${Object.values(place.secrets).join(' ')}`);
  for (const path of ['told', 'told', ...HOSTILE_PATHS]) await hear(() => deliver(target, path, secretive));
  await hear(() => deliver(target, 'told', utf8(`${CANARY} and more`)));
  const broken = async function* (): AsyncGenerator<Uint8Array> {
    yield utf8(CANARY);
    throw new Error('the cable was pulled');
  };
  await hear(() => target.stage(bytesParcel('broken', secretive), broken(), never()));
  await hear(check);
}

/** Lists, and reads what is there and what is not. */
async function visitSource(source: Source, hear: (work: () => Promise<unknown>) => Promise<void>): Promise<void> {
  await hear(() => all(source.list(never())));
  for (const path of [...SAMPLES.map(([path]) => path), 'missing', ...HOSTILE_PATHS]) {
    await hear(async () => joined(source.read(path, 0, never())));
  }
}

/** What a failure says; nothing when there is none. */
async function toldBy(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
    return '';
  } catch (error) {
    return everythingIn(error) || String(error);
  }
}
