/** A FHIR server behind a front that fails on request, and a connector host before it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerOptions } from 'node:https';
import { sandboxCertificates, type SandboxCertificates } from '../../../plugins/peers/certificates.ts';
import { startFhirServer, type FhirServer } from '../../../plugins/peers/fhir-server.ts';
import type { Json } from '../../../kernel/canonical-json.ts';
import { type Clock, systemClock } from '../../../kernel/clock.ts';
import { openConnectorHost, type ConnectorHost, type EndpointSettings } from '../../../plugins/host/index.ts';
import type { GuardLimits, HostOptions } from '../../../plugins/host/index.ts';
import https from '../../../plugins/https-api/index.ts';
import { configOf, contextFor } from '../../../plugins/sdk/conformance/perform.ts';
import type { Connector, Parcel, Receipt, Source, Target } from '../../../plugins/sdk/index.ts';
import { startFhirFront, type FhirFront } from '../../../plugins/peers/fhir-front.ts';
import { never } from '../host/house.ts';

const TOKEN = 'a-token-of-this-test';

export interface FhirHouse {
  readonly certificates: SandboxCertificates;
  readonly server: FhirServer;
  readonly front: FhirFront;
  readonly host: ConnectorHost;
  readonly log: string[];
  endpoint(config?: { readonly [name: string]: Json }): EndpointSettings;
  target(): Promise<Target>;
  /** A source as the connector has it, with no host around it. */
  unguarded(config: { readonly [name: string]: Json }): Promise<Source>;
  /** Another front before the same server. */
  another(options: { host?: string; tls?: ServerOptions }): Promise<FhirFront>;
  leave(): Promise<void>;
}

export async function enterFhirHouse(
  limits: Partial<GuardLimits> = {},
  clock: Clock = systemClock,
  bandwidth?: HostOptions['bandwidth'],
): Promise<FhirHouse> {
  const directory = await mkdtemp(join(tmpdir(), 'fhir-'));
  const certificates = await sandboxCertificates(systemClock);
  const server = await startFhirServer({ certificates, token: TOKEN, directory: join(directory, 'binaries') });
  const front = await startFhirFront({ certificates, server });
  const log: string[] = [];
  const host = await openConnectorHost({
    packages: ['@waybill/connector-https-api'],
    spoolDirectory: join(directory, 'spool'),
    environment: () => TOKEN,
    log: (fact) => log.push(fact),
    clock,
    limits: { backoffFirstMs: 1, backoffMostMs: 2, ...limits },
    bandwidth,
  });
  const endpoint = (config = {}): EndpointSettings => ({
    connector: 'https-api',
    config: { baseUrl: front.baseUrl, profile: 'fhir-r4', ca: certificates.authority, ...config },
    secrets: { token: 'env:TOKEN' },
  });
  return {
    certificates,
    server,
    front,
    host,
    log,
    endpoint,
    target: () => host.target(endpoint(), never()),
    unguarded: async (config) => {
      const connector = https as Connector;
      const settings = await configOf(connector, endpoint(config).config);
      const opened = await connector.openSource?.(settings, contextFor({ token: TOKEN }), never());
      if (opened === undefined) throw new Error('it opens as a source');
      return opened;
    },
    another: (options) => startFhirFront({ certificates, server, ...options }),
    leave: async () => {
      await host.close();
      await front.close();
      await server.close();
      await rm(directory, { recursive: true });
    },
  };
}

export interface Shipment {
  readonly parcel: Parcel;
  readonly body: string;
}

/** A parcel of Patients with these keys; `extra` is JSON text of further members. */
export function patients(keys: readonly string[], extra = ''): Shipment {
  const lines = keys.map((key) => {
    const identifier = JSON.stringify([{ system: 'urn:waybill:source', value: key }]);
    return `{"resourceType":"Patient","identifier":${identifier}${extra}}\n`;
  });
  const body = lines.join('');
  return { body, parcel: parcelOf(`patients-${keys.join()}`, 'records', 'application/fhir+ndjson', body) };
}

export function document(key: string, body: string, mediaType = 'application/pdf'): Shipment {
  return { body, parcel: parcelOf(key, 'bytes', mediaType, body) };
}

function parcelOf(key: string, shape: Parcel['shape'], mediaType: string, body: string): Parcel {
  return { key, path: `folder/${key}`, shape, mediaType, sizeBytes: Buffer.byteLength(body) };
}

export async function deliver(target: Target, { parcel, body }: Shipment): Promise<Receipt> {
  const bytes = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from(body);
  };
  return target.commit(parcel, await target.stage(parcel, bytes(), never()), never());
}
