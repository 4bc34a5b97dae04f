/** How a connector meets settings and secrets, right and wrong. */
import type { Connector } from '../connector.ts';
import { equal, failure, fails, holds, keepsSecrets, quotes, requireCoded, within } from './expect.ts';
import { PATIENCE_MS } from './limits.ts';
import { configOf, contextFor, never } from './perform.ts';
import type { Scenario, Stage } from './scenario.ts';

const ODD_SECRET_PREFIX = 'never-echo-';
const noSecrets = ({ secrets }: Connector) => (secrets.length === 0 ? 'it uses no secrets' : undefined);

async function issuesWith(connector: Connector, raw: unknown) {
  return (await connector.config['~standard'].validate(raw)).issues;
}

const CONFIG: readonly Scenario[] = [
  {
    name: 'config.unknown-setting',
    promise: 'it refuses an unknown setting instead of ignoring it',
    run: async ({ connector, place }) => {
      const issues = await issuesWith(connector, { ...(place.config as object), noSuchSetting: 1 });
      holds(issues !== undefined, 'an unknown setting was accepted');
    },
  },
  {
    name: 'config.no-object',
    promise: 'it refuses settings that are no object',
    run: async ({ connector }) => {
      for (const raw of [undefined, null, 'text', 1, []]) {
        holds((await issuesWith(connector, raw)) !== undefined, `${JSON.stringify(raw)} was accepted`);
      }
    },
  },
  {
    name: 'config.missing-setting',
    promise: 'a setting that is missing or of the wrong type is refused by its name, or is not needed',
    run: async ({ connector, place }) => {
      const good = place.config as Readonly<Record<string, unknown>>;
      let needed = 0;
      for (const name of Object.keys(good)) {
        const { [name]: _, ...rest } = good;
        const missing = await issuesWith(connector, rest);
        if (missing !== undefined) needed++;
        for (const issues of [missing, await issuesWith(connector, { ...good, [name]: { no: 'such type' } })]) {
          const names = issues?.map(({ path = [] }) => partOf(path[0]));
          holds(names === undefined || names.includes(name), `the refusal of ${name} names ${names?.join()}`);
        }
        holds((await issuesWith(connector, { ...good, [name]: [[]] })) !== undefined, `any ${name} is accepted`);
      }
      holds(needed > 0 || Object.keys(good).length === 0, 'nothing is needed, and something must say where to connect');
    },
  },
  {
    name: 'config.never-echoed',
    promise: 'a refused setting is not quoted: people write passwords into the wrong field',
    run: async ({ connector, place }) => {
      const good = place.config as Readonly<Record<string, unknown>>;
      for (const name of Object.keys(good)) {
        const pasted = { [name]: [`${ODD_SECRET_PREFIX}${name}`] };
        const issues = (await issuesWith(connector, { ...good, ...pasted })) ?? [];
        holds(!JSON.stringify(issues.map(({ message }) => message)).includes(ODD_SECRET_PREFIX), `${name} is echoed`);
      }
    },
  },
];

const CHECK: readonly Scenario[] = [
  {
    name: 'check.facts',
    promise: 'a check says what was negotiated, in text, without a secret',
    run: async ({ connector, config, place, context }) => {
      const facts = await connector.check(config, context, never());
      for (const [name, value] of Object.entries(facts)) {
        equal(typeof value, 'string', `the fact ${name}`);
        for (const secret of Object.values(place.secrets))
          holds(!quotes(value, secret), `the fact ${name} quotes a secret`);
      }
    },
  },
  {
    name: 'check.unreachable',
    promise: 'where nobody listens, a check fails with UNAVAILABLE',
    needs: ['unreachable'],
    run: async (stage) => {
      const config = await configOf(stage.connector, await stage.trouble({ kind: 'unreachable' }));
      await fails('UNAVAILABLE', () => stage.connector.check(config, stage.context, never()), 'check');
    },
  },
  {
    name: 'check.silence',
    promise: 'a check that nobody answers ends when it is stopped',
    needs: ['silence'],
    run: async (stage) => {
      await stage.trouble({ kind: 'silence' });
      const stop = new AbortController();
      const checking = failure(() => stage.connector.check(stage.config, stage.context, stop.signal), 'check');
      stop.abort();
      await within(stage.harness.patienceMs ?? PATIENCE_MS, checking, 'a check that was stopped');
    },
  },
];

const SECRETS: readonly Scenario[] = [
  {
    name: 'secrets.missing',
    promise: 'without any secret it fails with CONFIG_INVALID or AUTH_FAILED, and never goes in',
    needs: ['secrets'],
    unless: noSecrets,
    run: async ({ connector, config }) => {
      const without = () => connector.check(config, contextFor({}), never());
      await fails(['CONFIG_INVALID', 'AUTH_FAILED'], without, 'check');
    },
  },
  {
    name: 'secrets.wrong',
    promise: 'a wrong secret fails with AUTH_FAILED and is never echoed',
    needs: ['secrets', 'wrong-secrets'],
    unless: noSecrets,
    run: async ({ connector, config, place }) => {
      const wrong = place.wrongSecrets ?? {};
      const error = await fails('AUTH_FAILED', () => connector.check(config, contextFor(wrong), never()), 'check');
      keepsSecrets(error, wrong);
    },
  },
  {
    name: 'secrets.unusable',
    promise: 'an unusable secret is never echoed',
    needs: ['secrets'],
    unless: noSecrets,
    run: async (stage: Stage) => {
      const { connector, config, place } = stage;
      const odd = Object.fromEntries(Object.keys(place.secrets).map((name) => [name, `${ODD_SECRET_PREFIX}${name}`]));
      const error = await failure(() => connector.check(config, contextFor(odd, []), never()), 'check');
      keepsSecrets(requireCoded(error, 'check: expected a coded error'), odd);
    },
  },
];

export const SETTINGS: readonly Scenario[] = [...CONFIG, ...CHECK, ...SECRETS];

/** Standard Schema allows a part of a path to be a key or an object that holds one. */
function partOf(part: unknown): string {
  return typeof part === 'object' && part !== null && 'key' in part ? String(part.key) : String(part);
}
