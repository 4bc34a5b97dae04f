/** The sharing hub and its bounds, with sources and viewers made by hand. */
import { describe, expect, test } from '@jest/globals';
import type WebSocket from 'ws';
import { BACKLOG_MAX, openBacklog } from '../../gateway/backlog.ts';
import { CURSOR_REPLAY_MAX, type Hub, openHub, type Viewer } from '../../gateway/hub.ts';
import type { StreamKind, SubgraphAnswer } from '../../gateway/transport.ts';
import { openViewer } from '../../gateway/viewer.ts';
import { type Live, openLive } from '../federation/support/live.ts';
import { until } from '../federation/support/watcher.ts';

interface Seen extends Viewer {
  readonly shown: string[];
  end: string | undefined;
}

function viewer(): Seen {
  const seen: Seen = {
    shown: [],
    end: undefined,
    show: (answer) => seen.shown.push(answer),
    fail: ([error]) => {
      seen.end = error?.message;
    },
    complete: () => {
      seen.end = 'complete';
    },
  };
  return seen;
}

interface Rig {
  readonly hub: Hub;
  readonly source: Live<SubgraphAnswer>;
  readonly clock: { ms: number };
  readonly completed: () => number;
  /** Makes the next completion of an event wait until the function is called. */
  hold(): () => void;
}

function rig(kind: StreamKind): Rig {
  const source = openLive<SubgraphAnswer>();
  const clock = { ms: 0 };
  let completed = 0;
  let gate: Promise<void> = Promise.resolve();
  const hub = openHub(
    {
      kind,
      open: () => Promise.resolve(source.stream([])),
      async complete({ data }) {
        completed++;
        const wait = gate;
        gate = Promise.resolve();
        await wait;
        return `${data?.['n']}`;
      },
      tell: (error) => [{ message: `told ${(error as Error).message}` }],
    },
    () => clock.ms,
    () => undefined,
  );
  return {
    hub,
    source,
    clock,
    completed: () => completed,
    hold() {
      let release = (): void => undefined;
      gate = new Promise((resolve) => {
        release = resolve;
      });
      return release;
    },
  };
}

const event = (n: number): SubgraphAnswer => ({ data: { n } });
const listening = async ({ source, hub }: Rig, first: Viewer): Promise<() => void> => {
  const leave = hub.join(first);
  await until(() => source.listeners === 1);
  return leave;
};

describe('a hub', () => {
  test('gives a newcomer a fresh last state as it is, and an old one completed again', async () => {
    const made = rig('state');
    const [first, second, third] = [viewer(), viewer(), viewer()];
    await listening(made, first);
    made.source.publish(event(1));
    await until(() => first.shown.length === 1);
    made.hub.join(second);
    expect([second.shown, made.completed()]).toEqual([['1'], 1]);
    made.clock.ms = 60_000;
    made.hub.join(third);
    await until(() => third.shown.length === 1);
    expect([third.shown, made.completed(), second.shown]).toEqual([['1'], 2, ['1']]);
  });

  test('shows a newcomer nothing older than what it has seen', async () => {
    const made = rig('state');
    const [first, late] = [viewer(), viewer()];
    await listening(made, first);
    made.source.publish(event(1));
    await until(() => first.shown.length === 1);
    made.clock.ms = 60_000;
    const release = made.hold();
    made.hub.join(late);
    made.source.publish(event(2));
    await until(() => first.shown.length === 2);
    release();
    await new Promise((resolve) => setImmediate(resolve));
    expect([made.completed(), late.shown]).toEqual([3, ['2']]);
  });

  test('replays a cursor stream to newcomers, and takes none when it has forgotten the beginning', async () => {
    const made = rig('cursor');
    const [first, late] = [viewer(), viewer()];
    await listening(made, first);
    for (let n = 1; n <= CURSOR_REPLAY_MAX; n++) made.source.publish(event(n));
    await until(() => first.shown.length === CURSOR_REPLAY_MAX);
    expect(made.hub.isOpen).toBe(true);
    made.hub.join(late);
    expect(late.shown).toEqual(first.shown);
    made.source.publish(event(0));
    await until(() => first.shown.length === CURSOR_REPLAY_MAX + 1);
    expect(made.hub.isOpen).toBe(false);
    expect(late.shown).toEqual(first.shown);
  });

  test('lets go of the subgraph with its last viewer, even while it is still being opened', async () => {
    const made = rig('state');
    made.hub.join(viewer())();
    await until(() => !made.hub.isOpen);
    await new Promise((resolve) => setImmediate(resolve));
    expect(made.source.listeners).toBe(0);
  });

  test('tells every viewer once how the stream ended', async () => {
    const made = rig('state');
    const [first, second] = [viewer(), viewer()];
    await listening(made, first);
    made.hub.join(second);
    made.source.fail(new Error('broken'));
    await until(() => second.end !== undefined);
    expect([first.end, second.end, made.hub.size]).toEqual(['told broken', 'told broken', 0]);
  });
});

describe('a backlog', () => {
  const fill = (kind: StreamKind) => {
    const counts = { released: 0, dropped: 0 };
    const backlog = openBacklog(kind, { released: () => counts.released++, dropped: () => counts.dropped++ });
    for (let n = 0; n < BACKLOG_MAX[kind] + 3; n++) backlog.push(event(n));
    return { backlog, counts };
  };

  test('of states loses the oldest, and counts them', async () => {
    const { backlog, counts } = fill('state');
    expect(await backlog.next()).toEqual({ done: false, value: event(3) });
    expect(counts).toEqual({ released: 0, dropped: 3 });
    await backlog.return();
    expect(counts.released).toBe(1);
  });

  test('of a cursor stream ends with RESUBSCRIBE after everything it held', async () => {
    const { backlog, counts } = fill('cursor');
    for (let n = 0; n <= BACKLOG_MAX.cursor; n++)
      expect(await backlog.next()).toEqual({ done: false, value: event(n) });
    await expect(backlog.next()).rejects.toMatchObject({ errors: [{ extensions: { code: 'RESUBSCRIBE' } }] });
    expect(await backlog.next()).toEqual({ done: true, value: undefined });
    expect(counts.released).toBe(1);
  });
});

describe('a viewer whose client reads slowly', () => {
  /** A socket whose far end reads only when told to. */
  const slowSocket = () => {
    const sent: string[] = [];
    const pending: (() => void)[] = [];
    const socket = {
      bufferedAmount: 0,
      send(text: string, done?: () => void) {
        sent.push(text);
        if (done) pending.push(done);
      },
    };
    const read = (): void => {
      socket.bufferedAmount = 0;
      for (const done of pending.splice(0)) done();
    };
    return { sent, socket, read };
  };
  const open = (kind: StreamKind) => {
    const slow = slowSocket();
    const counts = { left: 0, dropped: 0 };
    const made = openViewer(slow.socket as unknown as WebSocket, 'one', kind, {
      left: () => counts.left++,
      dropped: () => counts.dropped++,
    });
    return { ...slow, counts, viewer: made, ended: made.next() };
  };

  test('is spared old states, and gets the newest when it reads again', () => {
    const { socket, sent, read, viewer: slow, counts } = open('state');
    slow.show('1');
    socket.bufferedAmount = 10_000_000;
    for (let n = 2; n < 100; n++) slow.show(String(n));
    expect(sent).toHaveLength(2);
    read();
    expect(sent.at(-1)).toBe('{"id":"one","type":"next","payload":99}');
    expect(sent).toHaveLength(2 + BACKLOG_MAX.state);
    expect(counts).toEqual({ left: 0, dropped: 98 - 1 - BACKLOG_MAX.state });
  });

  test('of a cursor stream is told to subscribe again, after everything in order', async () => {
    const { socket, sent, read, viewer: slow, counts, ended } = open('cursor');
    socket.bufferedAmount = 10_000_000;
    for (let n = 0; n < BACKLOG_MAX.cursor + 10; n++) slow.show(String(n));
    expect(counts.left).toBe(1);
    read();
    await expect(ended).rejects.toMatchObject({ extensions: { code: 'RESUBSCRIBE' } });
    expect(sent).toEqual(sent.map((_, n) => `{"id":"one","type":"next","payload":${n}}`));
    expect(counts.left).toBe(1);
  });

  test('gets what it is owed before the end of the stream', async () => {
    const { socket, sent, read, viewer: slow, ended } = open('state');
    socket.bufferedAmount = 10_000_000;
    for (const n of [1, 2, 3]) slow.show(String(n));
    slow.complete();
    read();
    expect(await ended).toEqual({ done: true, value: undefined });
    expect(sent).toHaveLength(3);
  });
});
