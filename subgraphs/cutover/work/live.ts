/** Cutovers as a war room watches them: the newest state, at most twice a second. */
import { openTopic, type Topic } from '../../../runtime/progress.ts';
import type { Cutover } from '../store/tables.ts';

/** More migrations than this are never watched at once; the one first watched is forgotten first. */
const WATCHED_MAX = 1_000;

export class LiveCutovers {
  readonly #topics = new Map<string, Topic<Cutover>>();

  /** Tells the watchers; `cutover` is a copy that nobody changes any more. */
  publish(cutover: Cutover): void {
    this.#topics.get(cutover.migrationId)?.publish(cutover);
  }

  /** The state first, then what changes. */
  watch(migrationId: string, snapshot: () => Promise<Cutover | undefined>): AsyncIterableIterator<Cutover> {
    const topic = this.#topics.get(migrationId) ?? this.#open(migrationId);
    return topic.subscribe({ snapshot });
  }

  #open(migrationId: string): Topic<Cutover> {
    const [oldest] = this.#topics.keys();
    if (this.#topics.size >= WATCHED_MAX && oldest !== undefined) this.#topics.delete(oldest);
    const topic = openTopic<Cutover>();
    this.#topics.set(migrationId, topic);
    return topic;
  }
}
