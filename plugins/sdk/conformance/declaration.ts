import type { Connector } from '../connector.ts';
import { equal, failure, fails, holds, keepsSecrets } from './expect.ts';
import { configOf, contextFor, never, rule, type Harness } from './harness.ts';

const ODD_SECRET_PREFIX = 'never-echo-';

/** What a connector says of itself, and how it meets wrong settings. */
export function describeDeclaration<Config>(connector: Connector<Config>, harness: Harness): void {
  const { capabilities } = connector;
  rule(connector, harness, 'it declares an id, a version, and the roles that it opens', async () => {
    holds(/^[a-z][a-z0-9-]+$/.test(connector.id), 'the id is not lower-case words');
    holds(/^\d+\.\d+\.\d+/.test(connector.version), 'the version is not semantic');
    equal(connector.openSource !== undefined, connector.roles.includes('source'), 'opens as a source');
    equal(connector.openTarget !== undefined, connector.roles.includes('target'), 'opens as a target');
    holds(capabilities.concurrencyMax >= 1, 'no operation may run');
    equal(capabilities.shapes.length > 0, connector.roles.includes('target'), 'takes some shape of parcel');
  });
  rule(connector, harness, 'it refuses an unknown setting instead of ignoring it', async ({ place }) => {
    const raw = { ...(place.config as object), noSuchSetting: 1 };
    const validated = await connector.config['~standard'].validate(raw);
    holds(validated.issues !== undefined, 'an unknown setting was accepted');
  });
  rule(connector, harness, 'it refuses settings that are no object', async () => {
    for (const raw of [undefined, null, 'text', 1, []]) {
      const validated = await connector.config['~standard'].validate(raw);
      holds(validated.issues !== undefined, `${JSON.stringify(raw)} was accepted`);
    }
  });
  rule(connector, harness, 'a check says what was negotiated, without a secret', async ({ place, context }) => {
    const facts = await connector.check(await configOf(connector, place.config), context, never());
    for (const [name, value] of Object.entries(facts)) {
      equal(typeof value, 'string', `the fact ${name}`);
      for (const secret of Object.values(place.secrets)) holds(!value.includes(secret), `${name} quotes a secret`);
    }
  });
  describeSecrets(connector, harness);
}

function describeSecrets<Config>(connector: Connector<Config>, harness: Harness): void {
  const unless = connector.secrets.length === 0 ? 'it uses no secrets' : undefined;
  rule(
    connector,
    harness,
    'a wrong secret fails with AUTH_FAILED and is never echoed',
    async ({ place }) => {
      const config = await configOf(connector, place.config);
      const wrong = place.wrongSecrets;
      if (wrong === undefined) return;
      const error = await fails('AUTH_FAILED', () => connector.check(config, contextFor(wrong), never()), 'check');
      keepsSecrets(error, wrong);
    },
    unless,
  );
  rule(
    connector,
    harness,
    'an unusable secret is never echoed',
    async ({ place }) => {
      const config = await configOf(connector, place.config);
      const odd = Object.fromEntries(Object.keys(place.secrets).map((name) => [name, `${ODD_SECRET_PREFIX}${name}`]));
      keepsSecrets(await failure(() => connector.check(config, contextFor(odd), never()), 'check'), odd);
    },
    unless,
  );
}
