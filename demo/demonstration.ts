/** All a migration needs, on one machine: a practice behind SFTP, a FHIR target over TLS, a drop folder. */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import ssh2 from 'ssh2';
import { parse, stringify } from 'yaml';
import type { Clock } from '../kernel/clock.ts';
import { AS_IS, AS_IS_SHIPPED, demonstrationDatasets } from './datasets.ts';
import { corruptDocument, flightFault, targetFaults } from './faults.ts';
import { practiceFiles } from './practice/practice.ts';
import { sandboxCertificates } from '../plugins/peers/certificates.ts';
import { type FhirServer, startFhirServer } from '../plugins/peers/fhir-server.ts';
import { startSftpServer } from '../plugins/peers/sftp-server.ts';

export interface DemonstrationOptions {
  /** An empty folder for the practice, the sandboxes' files and the plan. */
  readonly directory: string;
  readonly clock: Clock;
  readonly seed: number;
  readonly patients: number;
  readonly faults: 'planted' | 'none';
}

export interface Demonstration {
  /** The plan file, ready for `waybill migrate`. */
  readonly plan: string;
  readonly target: FhirServer;
  /** The folder HL7 messages are dropped in. */
  readonly dropFolder: string;
  readonly sourceFiles: number;
  close(): Promise<void>;
}

const USER = 'mover';
/** The 151st patient opens the fourth extract; record numbers go up by seven from 12001. */
const TRUNCATED_MRN = String(12_001 + 160 * 7).padStart(7, '0');

export async function prepareDemonstration(options: DemonstrationOptions): Promise<Demonstration> {
  const { directory, clock } = options;
  const isPlanted = options.faults === 'planted';
  const sourceRoot = join(directory, 'practice');
  const sourceFiles = await writePractice(sourceRoot, options);
  const keys = ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 });
  const privateKeyPath = join(directory, 'mover.key');
  await writeFile(privateKeyPath, keys.private, { mode: 0o600 });
  const source = await startSftpServer({
    root: sourceRoot,
    user: USER,
    authorizedKey: keys.public,
    fault: isPlanted ? flightFault : undefined,
  });
  const certificates = await sandboxCertificates(clock);
  const authorityPath = join(directory, 'sandbox-ca.pem');
  await writeFile(authorityPath, certificates.authority);
  const token = randomBytes(24).toString('base64url');
  const tokenPath = join(directory, 'fhir.token');
  await writeFile(tokenPath, token, { mode: 0o600 });
  const target = await startFhirServer({
    certificates,
    token,
    directory: join(directory, 'target-documents'),
    faults: isPlanted ? targetFaults(TRUNCATED_MRN) : undefined,
    corrupt: isPlanted ? corruptDocument : undefined,
  });
  const dropFolder = join(directory, 'target-drop');
  await mkdir(dropFolder, { recursive: true });
  const plan = join(directory, 'plan.yaml');
  await writeFile(
    join(directory, 'policy.yaml'),
    stringify({ name: 'demonstration', version: 1, approval: { launch: 'required' } }),
  );
  const map = parse(await readFile(AS_IS_SHIPPED, 'utf8')) as object;
  const practiceMap = { ...map, name: 'practice-fhir', copyResource: { keys: { Patient: 'mrn:{id}' } } };
  await writeFile(join(directory, AS_IS), stringify(practiceMap));
  await writeFile(plan, stringify(planOf({ port: source.port, hostKey: source.hostKey, baseUrl: target.baseUrl })));
  return {
    plan,
    target,
    dropFolder,
    sourceFiles,
    close: async () => {
      await Promise.all([source.close(), target.close()]);
    },
  };
}

async function writePractice(root: string, options: DemonstrationOptions): Promise<number> {
  let count = 0;
  for (const file of practiceFiles({ seed: options.seed, patients: options.patients, defects: options.faults })) {
    const path = join(root, file.path);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, file.bytes);
    count++;
  }
  return count;
}

interface Peers {
  readonly port: number;
  readonly hostKey: string;
  readonly baseUrl: string;
}

function planOf(peers: Peers): object {
  return {
    migration: 'demonstration',
    source: {
      connector: 'sftp',
      config: { host: '127.0.0.1', port: peers.port, user: USER, root: '/', hostKey: peers.hostKey },
      secrets: { privateKey: 'file:./mover.key' },
    },
    target: {
      connector: 'https-api',
      config: { baseUrl: peers.baseUrl, profile: 'fhir-r4', ca: './sandbox-ca.pem' },
      secrets: { token: 'file:./fhir.token' },
    },
    datasets: demonstrationDatasets(),
    policy: './policy.yaml',
  };
}
