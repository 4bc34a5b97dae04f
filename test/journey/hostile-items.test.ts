/** Items made to break whoever opens them: each is found and quarantined, and the others arrive. */
import { expect, test } from '@jest/globals';
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { stringify } from 'yaml';
import { MESSAGE_BYTES_MAX } from '../../records/hl7v2/split.ts';
import { bomb, zip } from '../records/archive/zip.ts';
import { temporaryFolders } from '../support/places.ts';
import { type Ended, startWaybill } from '../support/waybill.ts';

const folder = temporaryFolders();
const MIB = 1024 * 1024;
/** Several times what the same run takes without them, and far less than any of them unpacks to. */
const PEAK_MIB_MAX = 1024;
const SAMPLE_EVERY_MS = 50;

const MESSAGE = 'MSH|^~\\&|A|B|||20260101||ADT^A01|1|P|2.5.1\rEVN|A01\rPID|1||7^^^H^MR||Doe^Jane\rPV1|1|I\r';
const PATIENT =
  '{"resourceType":"Patient","id":"1","name":[{"family":"Doe"}],"gender":"female","birthDate":"1950-01-01"}\n';
const XML = '<?xml version="1.0"?>\n';

/** Ten entities of ten: a thousand million laughs. */
function laughs(): string {
  const entities = Array.from({ length: 9 }, (_, at) => `<!ENTITY l${at + 1} "${`&l${at};`.repeat(10)}">`);
  return `${XML}<!DOCTYPE a [<!ENTITY l0 "ha">${entities.join('')}]>\n<ClinicalDocument>&l9;</ClinicalDocument>`;
}

function document(): string {
  const patient = '<id root="1.2" extension="7"/><patient><name><family>Doe</family></name></patient>';
  const header = `<id root="1"/><recordTarget><patientRole>${patient}</patientRole></recordTarget>`;
  const body = '<component><structuredBody/></component>';
  return `${XML}<ClinicalDocument xmlns="urn:hl7-org:v3">${header}${body}</ClinicalDocument>`;
}

const DATASETS: Readonly<Record<string, { readonly format: string; readonly lay: (folder: string) => void }>> = {
  messages: {
    format: 'hl7v2',
    lay: (at) => {
      writeFileSync(join(at, 'bad.hl7'), MESSAGE.slice(0, 43));
      // One segment that never ends; on the disk it takes no room.
      truncateSync(join(at, 'bad.hl7'), MESSAGE_BYTES_MAX + MIB);
      writeFileSync(join(at, 'good.hl7'), MESSAGE);
    },
  },
  summaries: {
    format: 'ccda',
    lay: (at) => {
      writeFileSync(join(at, 'bad.xml'), laughs());
      writeFileSync(join(at, 'good.xml'), document());
    },
  },
  resources: {
    format: 'fhir',
    lay: (at) => {
      writeFileSync(join(at, 'bad.ndjson'), PATIENT + PATIENT.slice(0, 30));
      const another = PATIENT.replace('"1"', '"2"').replace('Doe', 'Winter').replace('1950', '1971');
      writeFileSync(join(at, 'good.ndjson'), another);
    },
  },
  archives: {
    format: 'document',
    lay: (at) => {
      writeFileSync(join(at, 'bad.zip'), bomb(64 * MIB, 10_000));
      writeFileSync(join(at, 'good.zip'), zip([{ name: 'a.hl7', content: MESSAGE }]));
    },
  },
};

test('a segment and an archive without end, entities without end, and half a file are quarantined each', async () => {
  const place = folder();
  for (const [name, { lay }] of Object.entries(DATASETS)) {
    mkdirSync(join(place, 'source', name), { recursive: true });
    lay(join(place, 'source', name));
  }
  mkdirSync(join(place, 'target'));
  const endpoint = (name: string) => ({
    connector: 'hl7-file-drop',
    config: { folder: join(place, name) },
    secrets: {},
  });
  const datasets = Object.entries(DATASETS).map(([name, { format }]) => ({
    ...{ name, format, select: `${name}/**`, tier: 'historical-searchable', lineage: 'pass-through', owner: 'him' },
  }));
  const plan = { migration: 'hostile', source: endpoint('source'), target: endpoint('target'), datasets };
  writeFileSync(join(place, 'plan.yaml'), stringify(plan));
  const { ended, peakMib } = await migrate(place);
  expect({ code: ended.code, stderr: ended.code === 2 ? '' : ended.stderr }).toEqual({ code: 2, stderr: '' });
  const counts = ended.json?.datasets.map(({ name, verified, quarantined }) => [name, verified, quarantined]);
  expect(counts?.toSorted()).toEqual(['archives', 'messages', 'resources', 'summaries'].map((name) => [name, 1, 1]));
  const found = ended.json?.exceptions.map(({ category, dataset }) => `${category} ${dataset}`);
  expect(found?.toSorted()).toEqual(
    ['archives', 'messages', 'resources', 'summaries'].map((name) => `unreadable ${name}`),
  );
  expect(peakMib).toBeLessThan(PEAK_MIB_MAX);
});

async function migrate(directory: string): Promise<{ readonly ended: Ended; readonly peakMib: number }> {
  const running = startWaybill(['migrate', 'plan.yaml', '--data', 'data', '--json'], { directory });
  let [peakMib, isRunning] = [0, true];
  const ended = running.ended.finally(() => {
    isRunning = false;
  });
  while (isRunning) {
    peakMib = Math.max(peakMib, peakOf(running.process.pid));
    await pause(SAMPLE_EVERY_MS);
  }
  return { ended: await ended, peakMib };
}

/** The most memory a process has had, where the system tells (Linux). */
function peakOf(pid: number | undefined): number {
  try {
    const kib = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
    return Number(kib) / 1024;
  } catch {
    return 0;
  }
}
