/** Who watches, inside this process: exceptions by cursor, so that none is lost; progress as its newest state. */
import {
  type CursorTopic,
  type CursorTopicOptions,
  openCursorTopic,
  openTopic,
  type Topic,
} from '../../../runtime/progress.ts';
import type { Store } from '../../../runtime/store.ts';
import { actsAfter, type PlacedAct } from '../store/acts.ts';
import { exceptionsAfter } from '../store/exceptions.ts';
import type { ExceptionRow } from '../store/tables.ts';
import type { ReconcileProgress, Watchers } from './house.ts';

const EXCEPTIONS_PER_PAGE = 250;
/** Batches and migrations that are or were watched; beyond, the oldest are forgotten once nobody can need them. */
const TOPICS_MAX = 10_000;

export class ValidationWatch implements Watchers {
  readonly #store: Store;
  readonly #raised = new Map<string, CursorTopic<ExceptionRow>>();
  readonly #changed = new Map<string, CursorTopic<PlacedAct>>();
  readonly #progress = new Map<string, { topic: Topic<ReconcileProgress>; newest: ReconcileProgress | undefined }>();

  constructor(store: Store) {
    this.#store = store;
  }

  progressed(progress: ReconcileProgress): void {
    const watched = this.#progressOf(progress.batchId);
    watched.newest = progress;
    watched.topic.publish(progress);
  }

  progressNow(batchId: string): ReconcileProgress | undefined {
    return this.#progress.get(batchId)?.newest;
  }

  raised(migrationId: string): void {
    this.#raised.get(migrationId)?.wake();
  }

  changed(migrationId: string): void {
    this.#changed.get(migrationId)?.wake();
  }

  /** Every act on an exception of the migration after `since`, then each as it is done. */
  acts(migrationId: string, since: number): AsyncIterableIterator<PlacedAct> {
    return this.#changedOf(migrationId).subscribe({ since: String(since) });
  }

  /** Every exception of the migration after `since`, then each as it is raised. */
  exceptions(migrationId: string, since: number): AsyncIterableIterator<ExceptionRow> {
    return this.#raisedOf(migrationId).subscribe({ since: String(since) });
  }

  progress(batchId: string): AsyncIterableIterator<ReconcileProgress> {
    const watched = this.#progressOf(batchId);
    return watched.topic.subscribe({ snapshot: async () => watched.newest });
  }

  #raisedOf(migrationId: string): CursorTopic<ExceptionRow> {
    return topicOf(this.#raised, migrationId, {
      cursorOf: ({ seq }) => String(seq),
      page: (since) =>
        this.#store.read((em) => exceptionsAfter(em, migrationId, Number(since ?? 0), EXCEPTIONS_PER_PAGE)),
    });
  }

  #changedOf(migrationId: string): CursorTopic<PlacedAct> {
    return topicOf(this.#changed, migrationId, {
      cursorOf: ({ act }) => String(act.seq),
      page: (since) => this.#store.read((em) => actsAfter(em, migrationId, Number(since ?? 0), EXCEPTIONS_PER_PAGE)),
    });
  }

  #progressOf(batchId: string): { topic: Topic<ReconcileProgress>; newest: ReconcileProgress | undefined } {
    const known = this.#progress.get(batchId);
    if (known !== undefined) return known;
    const watched = { topic: openTopic<ReconcileProgress>(), newest: undefined };
    this.#progress.set(batchId, watched);
    forgetOldest(this.#progress);
    return watched;
  }
}

function topicOf<T>(topics: Map<string, CursorTopic<T>>, name: string, options: CursorTopicOptions<T>): CursorTopic<T> {
  const known = topics.get(name);
  if (known !== undefined) return known;
  const topic = openCursorTopic<T>(options);
  topics.set(name, topic);
  forgetOldest(topics);
  return topic;
}

function forgetOldest(topics: Map<string, unknown>): void {
  const [oldest] = topics.keys();
  if (topics.size > TOPICS_MAX && oldest !== undefined) topics.delete(oldest);
}
