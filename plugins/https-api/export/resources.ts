/** The resources of a source that exports: listed anew at each listing, read from what was brought here. */
import { ConnectorError, isConnectorError, type ConnectorContext } from '@waybill/connector-sdk';
import type { Http } from '../http.ts';
import type { Missing, Resources } from '../resources.ts';
import type { FhirSettings } from '../settings.ts';
import type { Directory } from './directory.ts';
import { Snapshots, type Shortfall, type Snapshot } from './snapshot.ts';

export function resourcesByExport(http: Http, context: ConnectorContext, settings: FhirSettings): Resources {
  const snapshots = new Snapshots(http, context, settings);
  let opened: Promise<Opened> | undefined;
  const open = (signal: AbortSignal): Promise<Opened> => {
    // Whoever opens next begins anew when this fails.
    opened ??= openCurrent(snapshots, signal).catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
  const find = async (name: string, signal: AbortSignal) => {
    const { snapshot, directory } = await open(signal);
    return snapshots.find(snapshot, directory, name);
  };
  return {
    async *list(signal) {
      const snapshot = await snapshots.take(signal);
      opened = undefined;
      for await (const { name, modifiedAt, content } of snapshots.lines(snapshot, signal)) {
        yield { name, modifiedAt: modifiedAt === '' ? undefined : modifiedAt, content };
      }
    },
    async read(name, signal) {
      const found = await find(name, signal).catch((error: unknown) => {
        if (!isConnectorError(error) || error.code !== 'ITEM_NOT_FOUND') throw error;
        // Another listing took a newer snapshot and removed this one.
        opened = undefined;
        return find(name, signal);
      });
      if (found !== undefined) return found.content;
      throw new ConnectorError('ITEM_NOT_FOUND', `${name} is not in the export`);
    },
    shortfalls: async () => (await snapshots.current())?.shortfalls.map(missingOf) ?? [],
  };
}

interface Opened {
  readonly snapshot: Snapshot;
  readonly directory: Directory;
}

async function openCurrent(snapshots: Snapshots, signal: AbortSignal): Promise<Opened> {
  const snapshot = await snapshots.current();
  if (snapshot === undefined) throw new ConnectorError('ITEM_NOT_FOUND', 'nothing was exported yet; survey the source');
  return { snapshot, directory: await snapshots.directoryOf(snapshot, signal) };
}

function missingOf({ codes, kind, resources, sizeBytes }: Shortfall, at: number): Missing {
  const said = codes.length === 0 ? '' : ` (${codes.join(', ')})`;
  const reason =
    kind === 'error'
      ? `the service reports ${resources} errors of the export${said}; ask its administrator, then survey again`
      : `the service deleted ${resources} resources since the last export; decide what becomes of what was moved`;
  return { path: `export-${kind}/${at + 1}`, sizeBytes, reason };
}
