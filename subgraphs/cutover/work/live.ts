/** Cutovers as a war room watches them: the newest state, at most twice a second. */
import { openTopic, type Topic } from '../../../runtime/progress.ts';
import type { Cutover } from '../store/tables.ts';

/** More migrations than this are never watched at once; the one first watched is forgotten first. */
const WATCHED_MAX = 1_000;
const FOLLOW_INTERVAL_MS = 1_000;

interface Watched {
  readonly topic: Topic<Cutover>;
  /** Of the newest state that was told. */
  revision: number;
}

export class LiveCutovers {
  readonly #watched = new Map<string, Watched>();

  /** Tells the watchers; `cutover` is a copy that nobody changes any more. */
  publish(cutover: Cutover): void {
    const watched = this.#watched.get(cutover.migrationId);
    if (watched === undefined) return;
    watched.revision = cutover.revision;
    watched.topic.publish(cutover);
  }

  /** The state first, then what changes. `read` gives the cutover as it is saved. */
  watch(migrationId: string, read: () => Promise<Cutover | undefined>): AsyncIterableIterator<Cutover> {
    const watched = this.#watched.get(migrationId) ?? this.#open(migrationId);
    const snapshot = async (): Promise<Cutover | undefined> => {
      const cutover = await read();
      // Those who came before may not have seen it yet: they are told by the next round.
      if (watched.revision === 0) watched.revision = cutover?.revision ?? 0;
      return cutover;
    };
    const values = watched.topic.subscribe({ snapshot });
    const stop = this.#follow(watched, read);
    return {
      next: () => values.next(),
      async return() {
        stop();
        return (await values.return?.()) ?? { value: undefined, done: true };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /** The gates may be looked at in another process, which tells nobody here: then what is saved is shown. */
  #follow(watched: Watched, read: () => Promise<Cutover | undefined>): () => void {
    const timer = setInterval(() => {
      void read().then(
        (cutover) => cutover && cutover.revision > watched.revision && this.publish(cutover),
        // The database is away; the next round may find it.
        () => {},
      );
    }, FOLLOW_INTERVAL_MS);
    timer.unref();
    return () => clearInterval(timer);
  }

  #open(migrationId: string): Watched {
    const [oldest] = this.#watched.keys();
    if (this.#watched.size >= WATCHED_MAX && oldest !== undefined) this.#watched.delete(oldest);
    const watched: Watched = { topic: openTopic<Cutover>(), revision: 0 };
    this.#watched.set(migrationId, watched);
    return watched;
  }
}
