/** Many WebSocket clients in one process, which note how old every event is when it arrives. */
import { setTimeout as wait } from 'node:timers/promises';
import WebSocket from 'ws';
import { beChild, details } from './child.ts';

const { url, query, count } = details() as { url: string; query: string; count: number };
const CONNECTING_MAX = 200;
const MARK = Buffer.from('"atMs":');

let ages: number[] = [];
let arrived = 0;
let last = '';

function note(data: Buffer): void {
  const at = data.indexOf(MARK);
  if (at < 0) return;
  const end = data.subarray(at).findIndex((byte) => byte === 0x2c || byte === 0x7d);
  const text = data.subarray(at + MARK.length, at + end).toString();
  ages.push(performance.timeOrigin + performance.now() - Number(text));
  arrived++;
  if (last === '') last = data.toString();
}

async function open(): Promise<void> {
  const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws', { perMessageDeflate: false });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('open', () => socket.send('{"type":"connection_init"}'));
    socket.once('message', () => {
      socket.on('message', note);
      if (query !== '') socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
      resolve();
    });
  });
}

for (let opened = 0; opened < count; opened += CONNECTING_MAX) {
  await Promise.all(Array.from({ length: Math.min(CONNECTING_MAX, count - opened) }, open));
}

beChild(
  {},
  {
    async arrived({ atLeast, withinMs }) {
      const deadline = performance.now() + Number(withinMs);
      while (arrived < Number(atLeast) && performance.now() < deadline) await wait(5);
      return { arrived, last };
    },
    take: () => {
      const taken = ages;
      ages = [];
      arrived = 0;
      return { ages: taken };
    },
  },
);
