/** The HTTP door: Apollo Server speaks the protocol, ApolloGateway keeps the supergraph, our executor does the work. */
import { ApolloGateway, type GraphQLDataSource } from '@apollo/gateway';
import { ApolloServer, HeaderMap, type HTTPGraphQLResponse } from '@apollo/server';
import { ApolloServerPluginUsageReportingDisabled } from '@apollo/server/plugin/disabled';
import type { ValidationRule } from 'graphql';
import type { Actor } from '../kernel/actor.ts';
import { brokenPromise } from '../kernel/fault.ts';
import type { Limits } from './limits.ts';
import type { Mask } from './masking.ts';
import { type Operations, wrongDoor } from './operation.ts';
import { refuseTelemetry } from './telemetry.ts';

export interface HttpRequest {
  readonly method: string;
  readonly search: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: unknown;
}

export interface HttpDoor {
  answer(request: HttpRequest, actor: Actor | undefined): Promise<HTTPGraphQLResponse>;
  close(): Promise<void>;
}

export interface HttpDoorParts {
  readonly supergraphSdl: string;
  readonly operations: Operations;
  readonly rules: readonly ValidationRule[];
  readonly limits: Limits;
  readonly mask: Mask;
}

interface Context {
  readonly actor: Actor | undefined;
}

type GatewayInterface = Pick<ApolloGateway, 'load' | 'onSchemaLoadOrUpdate' | 'stop'>;

export async function openHttpDoor(parts: HttpDoorParts): Promise<HttpDoor> {
  const server = new ApolloServer<Context>({
    gateway: gatewayOf(parts),
    validationRules: [...parts.rules],
    parseOptions: { maxTokens: parts.limits.tokensMax },
    // Our own rules decide about introspection, so that every door has the same ones.
    introspection: true,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    status400ForVariableCoercionErrors: true,
    stopOnTerminationSignals: false,
    nodeEnv: 'production',
    logger: SILENT,
    formatError: (_formatted, error) => parts.mask(error),
    plugins: [ApolloServerPluginUsageReportingDisabled()],
  });
  await server.start();
  return {
    answer: ({ method, search, headers, body }, actor) =>
      server.executeHTTPGraphQLRequest({
        httpGraphQLRequest: { method, search, headers: headerMap(headers), body },
        context: () => Promise.resolve({ actor }),
      }),
    close: () => server.stop(),
  };
}

/** Our log is told by the mask; Apollo's messages may repeat what clients sent. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

const UNUSED: GraphQLDataSource = {
  process: () => Promise.reject(brokenPromise('a subgraph was asked past our executor')),
};

function gatewayOf({ supergraphSdl, operations }: HttpDoorParts): GatewayInterface {
  refuseTelemetry();
  const gateway = new ApolloGateway({ supergraphSdl, buildService: () => UNUSED, logger: SILENT });
  return {
    onSchemaLoadOrUpdate: (callback) => gateway.onSchemaLoadOrUpdate(callback),
    stop: () => gateway.stop(),
    async load(options) {
      return {
        ...(await gateway.load(options)),
        async executor({ document, request, context }) {
          const ready = operations.readyDocument(document, request);
          if (!ready.ok) return { errors: ready.errors };
          if (ready.prepared.kind === 'subscription') return { errors: [wrongDoor()] };
          return operations.execute(ready, (context as Context).actor);
        },
      };
    },
  };
}

function headerMap(headers: HttpRequest['headers']): HeaderMap {
  const map = new HeaderMap();
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === 'string') map.set(name, value);
    else if (value !== undefined) map.set(name, value.join(', '));
  }
  return map;
}
