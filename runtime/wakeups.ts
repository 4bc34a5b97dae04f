/** Wake-ups: hints that there is something new to read. They may be late, doubled or lost; nothing relies on them. */
export const WAKEUP_TOPICS = ['event', 'job'] as const;
export type WakeupTopic = (typeof WAKEUP_TOPICS)[number];

export interface Wakeups {
  /** Wakes everybody waiting for `topic`, here and in the other processes that share the database. */
  wake(topic: WakeupTopic): void;
  /** Calls `listener` at every wake-up until the returned function is called. */
  on(topic: WakeupTopic, listener: () => void): () => void;
}

export interface LocalWakeups extends Wakeups {
  /** Wakes only this process; what a message from another process does. */
  wakeHere(topic: WakeupTopic): void;
}

export function openWakeups(tellOthers: (topic: WakeupTopic) => void = () => {}): LocalWakeups {
  const listeners = new Map<WakeupTopic, Set<() => void>>(WAKEUP_TOPICS.map((topic) => [topic, new Set()]));
  const wakeHere = (topic: WakeupTopic): void => {
    for (const listener of listeners.get(topic) ?? []) listener();
  };
  return {
    wakeHere,
    wake(topic) {
      wakeHere(topic);
      tellOthers(topic);
    },
    on(topic, listener) {
      listeners.get(topic)?.add(listener);
      return () => void listeners.get(topic)?.delete(listener);
    },
  };
}

/** A wait that ends early when woken; a wake-up that comes before the wait is not lost. */
export class Alarm {
  #rung = false;
  #ring: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#ring?.();
  }

  /** Waits until it rings, at most `ms`. */
  async wait(ms: number): Promise<void> {
    if (!this.#rung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#ring = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#ring = undefined;
    }
    this.#rung = false;
  }
}
