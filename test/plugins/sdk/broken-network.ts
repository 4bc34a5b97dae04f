/** Connectors over a network that break one rule each, and the scenario that has to catch it. */
import { ConnectorError, isConnectorError, type Connector, type ConnectorContext } from '../../../plugins/sdk/index.ts';
import { gathered, pieces, text, twisted, type Twist } from './broken.ts';

export type BrokenNetwork = readonly [
  what: string,
  scenario: string,
  why: string,
  twist: (sound: Connector) => Connector,
];

const laid = (twist: Twist) => (sound: Connector) => twisted(sound, twist);

/** Lays a change over what a check fails with. */
function checking(change: (error: ConnectorError, sound: Connector) => ConnectorError | undefined) {
  return (sound: Connector): Connector => ({
    ...sound,
    check: async (config, context, signal) => {
      try {
        return await sound.check(config, context, signal);
      } catch (error) {
        if (!isConnectorError(error)) throw error;
        const changed = change(error, sound);
        if (changed === undefined) return {};
        throw changed;
      }
    },
  });
}

/** Lays a change over what a commit fails with. */
function failing(change: (error: ConnectorError) => ConnectorError | undefined) {
  return laid({
    target: (sound) => ({
      commit: async (parcel, staged, signal) => {
        try {
          return await sound.commit(parcel, staged, signal);
        } catch (error) {
          if (!isConnectorError(error)) throw error;
          const changed = change(error);
          if (changed === undefined) return { targetId: 'Patient/1', parts: [] };
          throw changed;
        }
      },
    }),
  });
}

const believing = checking((error) => (error.code === 'PEER_NOT_TRUSTED' ? undefined : error));
const echoing = (sound: Connector): Connector => ({
  ...sound,
  check: async (config, context, signal) => {
    try {
      return await sound.check(config, context, signal);
    } catch (error) {
      if (!isConnectorError(error)) throw error;
      const secrets = sound.secrets.map((name) => {
        try {
          return context.secret(name);
        } catch {
          return '';
        }
      });
      throw new ConnectorError(error.code, `${error.message}: ${secrets.join()}`);
    }
  },
});

/** Tells of every check what `tell` makes of it. */
function checked(tell: (context: ConnectorContext) => Readonly<Record<string, string>>) {
  return (sound: Connector): Connector => ({
    ...sound,
    check: async (config, context, signal) => ({ ...(await sound.check(config, context, signal)), ...tell(context) }),
  });
}

type Log = ConnectorContext['log'];

/** Changes what it logs. */
function telling(change: (context: ConnectorContext, ...of: Parameters<Log>) => void): BrokenNetwork[3] {
  return (sound) => ({
    ...sound,
    openTarget: async (config, context, signal) => {
      const log: Log = (...of) => change(context, ...of);
      const opened = await sound.openTarget?.(config, { ...context, log }, signal);
      if (opened === undefined) throw new Error('the sound connector is a target');
      return opened;
    },
  });
}

export const BROKEN_OVER_SSH: readonly BrokenNetwork[] = [
  [
    'calls a peer that is down wrongly configured',
    'check.unreachable',
    'expected UNAVAILABLE, found CONFIG_INVALID',
    checking((error) => new ConnectorError('CONFIG_INVALID', error.message)),
  ],
  ['goes in without a secret', 'secrets.missing', 'check: expected a failure', checking(() => undefined)],
  ['quotes a secret that is refused', 'secrets.wrong', 'an error quotes the secret privateKey', echoing],
  ['quotes a secret that it cannot use', 'secrets.unusable', 'an error quotes the secret privateKey', echoing],
  [
    'gathers an item before it sends it',
    'stage.in-chunks',
    'are still held in memory',
    laid({
      target: (sound) => ({
        stage: async (parcel, bytes, signal) => sound.stage(parcel, pieces(await gathered(bytes)), signal),
      }),
    }),
  ],
  [
    'takes records for an item',
    'shapes.no-records',
    'stage: expected a failure',
    laid({
      target: (sound) => ({
        stage: (parcel, bytes, signal) => sound.stage({ ...parcel, shape: 'bytes' }, bytes, signal),
      }),
    }),
  ],
  [
    'takes patience for the end',
    'fault.slow',
    'large.bin: size in bytes: expected 3000000',
    laid({
      source: (sound) => ({
        async *read(path, offset, signal) {
          const started = performance.now();
          for await (const chunk of sound.read(path, offset, signal)) {
            yield chunk;
            if (performance.now() - started > 250) return;
          }
        },
      }),
    }),
  ],
  ['believes any host key', 'trust.wrong-host-key', 'check: expected a failure', believing],
  ['tells nothing of its connections', 'trust.told', 'it tells nothing of its connections', telling(() => {})],
  [
    'writes its key into the log',
    'hygiene.quiet',
    'the secret privateKey is told in the log',
    telling((context, fact, facts) => context.log(fact, { ...facts, key: context.secret('privateKey') })),
  ],
];

export const BROKEN_OVER_HTTPS: readonly BrokenNetwork[] = [
  ['believes an expired certificate', 'trust.expired-certificate', 'check: expected a failure', believing],
  ['believes any authority', 'trust.unknown-authority', 'check: expected a failure', believing],
  ['believes a certificate for another name', 'trust.wrong-name', 'check: expected a failure', believing],
  [
    'tells its token with its connections',
    'trust.told',
    'it tells a secret with its connections',
    telling((context, fact, facts) => context.log(fact, { ...facts, token: context.secret('token') })),
  ],
  [
    'writes its token into the log',
    'hygiene.quiet',
    'the secret token is told in the log',
    telling((context, fact, facts) => context.log(`${fact} with ${context.secret('token')}`, facts)),
  ],
  [
    'prints its token to stdout',
    'hygiene.quiet',
    'the secret token is told on standard output',
    checked((context) => {
      process.stdout.write(`connects with ${context.secret('token')}`);
      return {};
    }),
  ],
  [
    'tells its token in a check',
    'check.facts',
    'the fact token quotes a secret',
    checked((context) => ({ token: `${context.secret('token')}…` })),
  ],
  [
    'tells the peer and not the cipher',
    'trust.told',
    'it does not tell the cipher',
    telling((context, fact) => context.log(fact, { peer: 'there' })),
  ],
  [
    'takes the end of a connection for the end of a document',
    'fault.cut-tls',
    'a read that was cut: expected a failure',
    laid({
      target: (sound) => ({
        async *read(targetId, offset, signal) {
          try {
            yield* sound.read(targetId, offset, signal);
          } catch (error) {
            if (!isConnectorError(error) || error.code !== 'STREAM_TRUNCATED') throw error;
          }
        },
      }),
    }),
  ],
  [
    'calls an expired token an outage',
    'fault.expired-token',
    'expected AUTH_FAILED, found UNAVAILABLE',
    failing((error) => new ConnectorError('UNAVAILABLE', error.message)),
  ],
  ['reads the status and not the answer', 'fault.error-in-200', 'commit: expected a failure', failing(() => undefined)],
  [
    'does not hear how long to wait',
    'fault.rate-limit',
    'retryAfterMs: expected 7000',
    failing((error) => new ConnectorError(error.code, error.message)),
  ],
  [
    'repeats what the peer says of a patient',
    'hygiene.telling-peer',
    'contents of an item are told by a failure',
    laid({
      target: (sound) => {
        let sent = '';
        return {
          stage: async (parcel, bytes, signal) => {
            const whole = await gathered(bytes);
            sent = text(whole);
            return sound.stage(parcel, pieces(whole), signal);
          },
          commit: async (parcel, staged, signal) => {
            try {
              return await sound.commit(parcel, staged, signal);
            } catch (error) {
              throw new ConnectorError('ITEM_REFUSED', `cannot store ${sent}`, { cause: error });
            }
          },
        };
      },
    }),
  ],
];

export const BROKEN_SHAPES: readonly BrokenNetwork[] = [
  [
    'takes items and declares records only',
    'shapes.no-bytes',
    'stage: expected a failure',
    (sound) => ({ ...sound, capabilities: { ...sound.capabilities, shapes: ['records'] } }),
  ],
];
