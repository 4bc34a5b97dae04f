/** The sharing hub: one upstream subscription, one execution and one serialisation an event, for all viewers. */
import type { ToldError } from './masking.ts';
import type { StreamKind, SubgraphAnswer } from './transport.ts';

/** Somebody who watches a stream. Calls come in the order of the stream, and none after leaving. */
export interface Viewer {
  /** The answer as JSON text, the same text for all viewers. */
  show(answer: string): void;
  fail(errors: readonly ToldError[]): void;
  complete(): void;
}

/** What a hub needs to know of the operation it serves. */
export interface Stream {
  readonly kind: StreamKind;
  /** Subscribes at the subgraph. */
  open(): Promise<AsyncIterableIterator<SubgraphAnswer> | SubgraphAnswer>;
  /** Completes an event with the fields of other subgraphs, and writes it as JSON text. Never fails. */
  complete(event: SubgraphAnswer): Promise<string>;
  /** What may be told of an error that ended the stream. */
  tell(error: unknown): readonly ToldError[];
}

/** A cursor stream replays what it has sent to whoever joins, up to this many events; then it takes no newcomers. */
export const CURSOR_REPLAY_MAX = 1_000;
/** A newcomer to a state stream gets the last event with fields of other subgraphs at most this old. */
const STATE_AGE_MAX_MS = 1_000;

export interface Hub {
  /** Whether somebody who joins now sees what somebody sees who subscribes now. */
  readonly isOpen: boolean;
  readonly size: number;
  /** Adds a viewer; the function takes it away again, and the last one releases the subgraph. */
  join(viewer: Viewer): () => void;
}

interface LastEvent {
  readonly event: SubgraphAnswer;
  readonly text: string;
  readonly atMs: number;
}

/** Opens upstream at once. `elapsedMs` is the clock's; `closed` is called once, when the hub is of no more use. */
export function openHub(stream: Stream, elapsedMs: () => number, closed: () => void): Hub {
  const hub = new StreamHub(stream, elapsedMs, closed);
  void hub.run();
  return hub;
}

class StreamHub implements Hub {
  readonly #stream: Stream;
  readonly #elapsedMs: () => number;
  readonly #closed: () => void;
  readonly #viewers = new Set<Viewer>();
  /** Viewers of a state stream who have seen nothing yet. */
  readonly #newcomers = new Set<Viewer>();
  #replay: string[] | undefined = [];
  #last: LastEvent | undefined;
  #refreshing = false;
  #source: AsyncIterator<SubgraphAnswer> | undefined;
  #state: 'open' | 'closed' = 'open';

  constructor(stream: Stream, elapsedMs: () => number, closed: () => void) {
    this.#stream = stream;
    this.#elapsedMs = elapsedMs;
    this.#closed = closed;
  }

  get isOpen(): boolean {
    return this.#state === 'open' && this.#replay !== undefined;
  }

  get size(): number {
    return this.#viewers.size;
  }

  join(viewer: Viewer): () => void {
    this.#viewers.add(viewer);
    if (this.#stream.kind === 'cursor') for (const text of this.#replay ?? []) viewer.show(text);
    else this.#welcome(viewer);
    return () => {
      this.#viewers.delete(viewer);
      this.#newcomers.delete(viewer);
      if (this.#viewers.size === 0) this.#close();
    };
  }

  async run(): Promise<void> {
    try {
      const source = await this.#stream.open();
      if (!(Symbol.asyncIterator in source)) {
        this.#end((viewer) => viewer.fail((source.errors ?? []).flatMap((error) => this.#stream.tell(error))));
        return;
      }
      this.#source = source;
      if (this.#state === 'closed') await source.return?.();
      else await this.#pump(source);
      this.#end((viewer) => viewer.complete());
    } catch (error) {
      const told = this.#stream.tell(error);
      this.#end((viewer) => viewer.fail(told));
    }
  }

  async #pump(source: AsyncIterator<SubgraphAnswer>): Promise<void> {
    while (this.#state === 'open') {
      const step = await source.next();
      if (step.done === true) return;
      const text = await this.#stream.complete(step.value);
      if (this.#stream.kind === 'cursor') this.#remember(text);
      else this.#last = { event: step.value, text, atMs: this.#elapsedMs() };
      this.#newcomers.clear();
      for (const viewer of this.#viewers) viewer.show(text);
    }
  }

  #remember(text: string): void {
    this.#replay?.push(text);
    if ((this.#replay?.length ?? 0) > CURSOR_REPLAY_MAX) this.#replay = undefined;
  }

  #welcome(viewer: Viewer): void {
    const last = this.#last;
    if (last === undefined) return;
    if (this.#elapsedMs() - last.atMs <= STATE_AGE_MAX_MS) {
      viewer.show(last.text);
      return;
    }
    this.#newcomers.add(viewer);
    if (!this.#refreshing) void this.#refresh(last);
  }

  /** Completes the last event again for all who came since; an event that arrives meanwhile serves them first. */
  async #refresh({ event }: LastEvent): Promise<void> {
    this.#refreshing = true;
    const text = await this.#stream.complete(event);
    this.#refreshing = false;
    if (this.#last?.event !== event) return;
    this.#last = { event, text, atMs: this.#elapsedMs() };
    for (const viewer of this.#newcomers) viewer.show(text);
    this.#newcomers.clear();
  }

  #end(tell: (viewer: Viewer) => void): void {
    const viewers = [...this.#viewers];
    this.#viewers.clear();
    this.#close();
    for (const viewer of viewers) tell(viewer);
  }

  #close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#closed();
    void this.#source?.return?.();
  }
}
