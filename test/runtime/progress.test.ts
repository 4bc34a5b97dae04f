import { describe, expect, test } from '@jest/globals';
import { openCursorTopic, openTopic } from '../../runtime/progress.ts';

describe('a topic', () => {
  test('gives the snapshot first, then the newest value, leaving out what is outdated', async () => {
    const topic = openTopic<number>();
    const values = topic.subscribe({ snapshot: async () => 0 });
    expect(await values.next()).toEqual({ value: 0, done: false });
    for (let value = 1; value <= 100; value++) topic.publish(value);
    expect(await values.next()).toEqual({ value: 100, done: false });
    await values.return?.();
  });

  test('misses nothing that is published while the snapshot is read', async () => {
    const topic = openTopic<string>();
    let give: (value: string) => void = () => {};
    const snapshot = new Promise<string>((resolve) => {
      give = resolve;
    });
    const values = topic.subscribe({ snapshot: () => snapshot });
    const first = values.next();
    topic.publish('during');
    give('snapshot');
    expect((await first).value).toBe('snapshot');
    expect((await values.next()).value).toBe('during');
    await values.return?.();
  });

  test('lets a watcher go at once, even while it waits', async () => {
    const topic = openTopic<number>();
    const values = topic.subscribe({ snapshot: async () => undefined });
    const waiting = values.next();
    await values.return?.();
    expect(await waiting).toEqual({ value: undefined, done: true });
    expect(await values.next()).toEqual({ value: undefined, done: true });
  });

  test('hands a failing snapshot to its watcher', async () => {
    const values = openTopic<number>().subscribe({ snapshot: () => Promise.reject(new Error('no snapshot')) });
    await expect(values.next()).rejects.toThrow('no snapshot');
  });
});

describe('a cursor topic', () => {
  const store: number[] = [];
  const topic = openCursorTopic<number>({
    page: async (since) => store.filter((value) => value > Number(since ?? 0)).slice(0, 3),
    cursorOf: (value) => `${value}`,
  });

  test('gives everything after a cursor, in order, then everything that comes, and loses nothing', async () => {
    store.push(1, 2, 3, 4, 5);
    const values = topic.subscribe({ since: '1' });
    const seen: number[] = [];
    for await (const value of values) {
      seen.push(value);
      if (value < 10) {
        // Several at a time, and the wake-up sometimes before the value.
        if (value === 5) topic.wake();
        const next = (store.at(-1) ?? 0) + 1;
        if (value >= 5) store.push(next);
        topic.wake();
      } else break;
    }
    expect(seen).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test('begins at the beginning without a cursor, and lets a reader go at once', async () => {
    const values = topic.subscribe({ since: undefined });
    expect((await values.next()).value).toBe(1);
    for (let at = 0; at < 9; at++) await values.next();
    const waiting = values.next();
    await values.return?.();
    expect((await waiting).done).toBe(true);
  });
});
