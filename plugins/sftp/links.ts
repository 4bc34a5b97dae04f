/** The SSH connections to one server: opened when they are needed, opened again after they were lost. */
import { tellConnected, type ConnectorContext } from '@waybill/connector-sdk';
import { whenSpokenIsOver } from '@waybill/connector-sdk/older-algorithms';
import { connect, spokenOver } from './connect.ts';
import { cryptoInUse, spoken } from './facts.ts';
import { credentialsOf, type Credentials } from './credentials.ts';
import { Session } from './session.ts';
import { peerOf, type Settings } from './settings.ts';

/** A connection with fewer requests under way than this has room; a second one would only cost. */
const BUSY_REQUESTS = 48;

export class Links {
  readonly #config: Settings;
  readonly #credentials: Credentials;
  readonly #context: ConnectorContext;
  #sessions: Session[] = [];
  #opening: Promise<Session> | undefined;

  constructor(config: Settings, context: ConnectorContext) {
    this.#config = config;
    this.#credentials = credentialsOf(context);
    this.#context = context;
    if (cryptoInUse() === 'javascript') context.log('sftp-without-native-crypto', { peer: peerOf(config) });
  }

  /** The session with the least to do; connects when there is none, or when all are busy and more are allowed. */
  async session(signal: AbortSignal): Promise<Session> {
    this.#sessions = this.#sessions.filter((session) => !session.isLost);
    const [least] = this.#sessions.toSorted((left, right) => left.load - right.load);
    if (least === undefined) return this.#open(signal);
    if (least.load >= BUSY_REQUESTS && this.#sessions.length < this.#config.connections) {
      // Not waited for: what is open goes on while another connection comes up, or fails to.
      this.#open(signal).catch(() => {});
    }
    return least;
  }

  async close(): Promise<void> {
    await this.#opening?.catch(() => {});
    for (const session of this.#sessions) session.close();
    this.#sessions = [];
  }

  #open(signal: AbortSignal): Promise<Session> {
    this.#opening ??= this.#connect(signal).finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #connect(signal: AbortSignal): Promise<Session> {
    const connection = await connect(this.#config, this.#credentials, this.#context.now(), signal);
    try {
      const session = await Session.open(connection, peerOf(this.#config));
      this.#sessions.push(session);
      tellConnected(this.#context, { peer: peerOf(this.#config), ...spoken(connection) });
      const now = (): Date => this.#context.now();
      const keep = whenSpokenIsOver(this.#config.olderAlgorithms, spokenOver(connection), now, () => session.cut());
      connection.client.on('close', keep);
      return session;
    } catch (error) {
      connection.client.end();
      throw error;
    }
  }
}
