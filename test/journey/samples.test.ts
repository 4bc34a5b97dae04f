/** Real files of real systems, over OpenSSH's own server, to every kind of target: nothing vanishes or crashes. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { sandboxCertificates } from '../../plugins/peers/certificates.ts';
import { type FhirServer, startFhirServer } from '../../plugins/peers/fhir-server.ts';
import { systemClock } from '../../kernel/clock.ts';
import { DIALECTS, onEveryDialect, type Place, type TestDialect } from '../support/databases.ts';
import { type OpensshServer, OPENSSH_SKIPPED, startOpenssh } from '../../plugins/peers/openssh.ts';
import { readFolder } from '../support/people.ts';
import { SAMPLE_FORMATS, sampleFiles, SAMPLES, SAMPLES_SKIPPED } from '../support/samples.ts';
import { databaseSettings, type Ended, runWaybill } from '../support/waybill.ts';

const skipped = SAMPLES_SKIPPED ?? OPENSSH_SKIPPED;
const STRANGE_NAMES = ["it's 100% done.txt", 'line\nbreak.txt', '世界 — ø.txt', '"quoted".txt', 'empty.bin'];

interface World {
  readonly place: Place;
  readonly server: OpensshServer;
  readonly fhir: FhirServer;
  readonly files: Readonly<Record<string, string>>;
  /** The folder the SFTP target fills, and the HL7 drop folder. */
  readonly landing: string;
  readonly drop: string;
}

async function world(dialect: TestDialect, samples: string): Promise<World> {
  const place = await dialect.enter();
  const root = join(place.directory, 'sftp');
  const exported = join(root, 'export');
  for (const folder of Object.keys(SAMPLE_FORMATS))
    await cp(join(samples, folder), join(exported, folder), { recursive: true });
  for (const name of STRANGE_NAMES)
    await writeFile(join(exported, 'documents', name), name === 'empty.bin' ? '' : `Consent form, ${name.length}\n`);
  const [landing, drop] = [join(root, 'landing'), join(place.directory, 'drop')];
  for (const folder of [landing, drop]) await mkdir(folder, { recursive: true });
  const server = await startOpenssh({ root });
  const fhir = await startFhirServer({
    certificates: await sandboxCertificates(systemClock),
    token: randomBytes(16).toString('hex'),
    directory: join(place.directory, 'binaries'),
  });
  return { place, server, fhir, files: await readFolder(exported), landing, drop };
}

/** A plan that moves every sample as it is; every format is declared, so every file is examined. */
function planTo(target: object, { server }: World, name: string): string {
  const sftp = (root: string) => ({
    connector: 'sftp',
    config: {
      host: '127.0.0.1',
      port: server.port,
      user: server.user,
      root: join(server.root, root),
      hostKey: server.hostKey,
    },
    secrets: { privateKey: `file:${server.userKeyPath}` },
  });
  return stringify({
    migration: `samples-${name}`,
    source: sftp('export'),
    target: 'sftpRoot' in target ? sftp(String(target.sftpRoot)) : target,
    datasets: Object.entries(SAMPLE_FORMATS).map(([folder, format]) => ({
      name: folder,
      tier: 'historical-searchable',
      select: `${folder}/**`,
      format,
      lineage: 'pass-through',
      owner: 'him',
    })),
  });
}

async function migrate(target: object, world: World, name: string): Promise<Ended> {
  const plan = join(world.place.directory, `${name}.yaml`);
  await writeFile(plan, planTo(target, world, name));
  const data = join(world.place.directory, 'data');
  return runWaybill(['migrate', plan, '--data', data, '--json'], {
    directory: world.place.directory,
    environment: databaseSettings(world.place),
  });
}

function expectAccounted(ended: Ended, { files }: World): void {
  if (!ended.json) throw new Error(`no summary; it ended with ${ended.code}:\n${ended.stderr.slice(-4000)}`);
  expect(ended.code).toBe(2);
  let eligible = 0;
  for (const each of ended.json.datasets) {
    expect(each.verified + each.excluded + each.quarantined + each.failed).toBe(each.eligible);
    expect(each.failed).toBe(0);
    eligible += each.eligible;
  }
  expect(eligible).toBe(Object.keys(files).length);
  const quarantined = ended.json.datasets.reduce((sum, each) => sum + each.quarantined, 0);
  expect(ended.json.exceptions.length).toBeGreaterThanOrEqual(quarantined);
  expect(quarantined).toBeGreaterThan(0);
  expect(
    ended.json.exceptions.some(({ category }) => category === 'missing-record' || category === 'digest-mismatch'),
  ).toBe(false);
}

if (skipped) {
  describe('real samples', () => test.skip(`are not moved: ${skipped}`, () => undefined));
} else {
  onEveryDialect('real samples over OpenSSH', (dialect) => {
    let here: World;
    beforeAll(async () => {
      here = await world(dialect, SAMPLES ?? '');
      expect(Object.keys(here.files).length).toBe((await sampleFiles(SAMPLES ?? '')).length + STRANGE_NAMES.length);
    });
    afterAll(async () => {
      await here.server.stop();
      await here.fhir.close();
      await here.place.leave();
    });

    // What a folder receives is the same whatever the database; the FHIR target has the most to ask of it.
    const everyTarget = dialect === DIALECTS[0] ? test : test.skip;

    everyTarget('arrive byte for byte in another SFTP root, each accounted for once', async () => {
      expectAccounted(await migrate({ sftpRoot: 'landing' }, here, 'sftp'), here);
      expect(await readFolder(here.landing)).toEqual(here.files);
    });

    everyTarget('arrive byte for byte in an HL7 drop folder', async () => {
      const target = { connector: 'hl7-file-drop', config: { folder: here.drop }, secrets: {} };
      expectAccounted(await migrate(target, here, 'drop'), here);
      expect(await readFolder(here.drop)).toEqual(here.files);
    });

    test('arrive byte for byte at a FHIR server over TLS, each with its document reference', async () => {
      const directory = here.place.directory;
      await writeFile(join(directory, 'ca.pem'), here.fhir.authority);
      await writeFile(join(directory, 'token'), here.fhir.token, { mode: 0o600 });
      const target = {
        connector: 'https-api',
        config: { baseUrl: here.fhir.baseUrl, profile: 'fhir-r4', ca: './ca.pem' },
        secrets: { token: 'file:./token' },
      };
      expectAccounted(await migrate(target, here, 'fhir'), here);
      const stored = Object.values(await readFolder(join(directory, 'binaries'))).sort();
      expect(stored).toEqual(Object.values(here.files).sort());
      expect(here.fhir.store.ids('DocumentReference').length).toBe(stored.length);
    });
  });
}
