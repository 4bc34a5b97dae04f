/** The floor: a WebSocket server that writes one ready text to every socket, and does nothing else. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { beChild, details } from './child.ts';

const { text } = details() as { text: string };
const http = createServer();
const sockets = new WebSocketServer({ server: http, perMessageDeflate: false });
sockets.on('connection', (socket) => socket.on('message', () => socket.send('{"type":"connection_ack"}')));
await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));

beChild(
  { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/graphql` },
  {
    publish: () => {
      const now = text.replace(/"atMs":[\d.]+/, `"atMs":${performance.timeOrigin + performance.now()}`);
      for (const socket of sockets.clients) socket.send(now);
      return {};
    },
    rss: () => ({ bytes: process.memoryUsage.rss() }),
  },
);
