/** The peer: @apollo/server and @apollo/gateway as they come, signing requests as our subgraphs demand it. */
import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { refuseTelemetry } from '../../gateway/telemetry.ts';
import type { Actor } from '../../kernel/actor.ts';
import { signRequest } from '../../kernel/signature.ts';
import { REQUEST_KEY } from '../../test/federation/support/house.ts';
import { beChild, details } from './child.ts';

const GUEST: Actor = { type: 'user', id: 'guest', roles: ['reviewer'] };
const { urls, supergraphSdl } = details() as { urls: Record<string, string>; supergraphSdl: string };
refuseTelemetry();
const gateway = new ApolloGateway({
  supergraphSdl,
  buildService({ name }) {
    const source = new RemoteGraphQLDataSource({ url: urls[name] ?? '' });
    const send = source.fetcher;
    source.fetcher = (url, init = {}) => {
      const body = String(init.body);
      const headers = {
        'content-type': 'application/json',
        'waybill-request': signRequest(REQUEST_KEY, GUEST, body, new Date()),
      };
      return send(url, { ...init, headers });
    };
    return source;
  },
});
const server = new ApolloServer({ gateway, introspection: true });
const { url } = await startStandaloneServer(server, { listen: { port: 0, host: '127.0.0.1' } });

beChild({ url }, {});
