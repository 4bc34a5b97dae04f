/** HL7 v2: reading ten fields, reading every field, and writing again, against two other parsers on the same bytes. */
import { rewrite } from '../../records/codec.ts';
import { examine } from '../../records/examine.ts';
import { HL7_CODEC } from '../../records/hl7v2/codec.ts';
import { Hl7Message } from '../../records/hl7v2/message.ts';
import { ItemReading } from '../../records/item-bytes.ts';
import type { Figure } from '../figure.ts';
import { inTurn } from '../rounds.ts';
import { pieces, rate, sameBytes, throughput } from './figures.ts';
import { resultMessage } from './messages.ts';
import { client, medplum } from './peers.ts';

const MESSAGES = 8_000;

/** Reads a message, and says how much was read. */
type Take = (bytes: Buffer) => number;

/** The same work by each parser that is here. */
interface Contest {
  readonly ours: Take;
  readonly medplum: Take | undefined;
  readonly client: Take | undefined;
}

export async function hl7Figures(): Promise<readonly Figure[]> {
  const messages = Array.from({ length: MESSAGES }, (_, at) => Buffer.from(resultMessage(at)));
  const batch = Buffer.concat(messages);
  const ten = { ours: tenOfOurs, medplum: medplum && tenOfMedplum, client: client && tenOfClient };
  const all = { ours: allOfOurs, medplum: medplum && allOfMedplum, client: client && allOfClient };
  const again = { ours: againByOurs, medplum: medplum && againByMedplum, client: client && againByClient };
  agree(ten, messages[0] ?? batch);
  const each = (take: Take) => () => {
    let taken = 0;
    for (const bytes of messages) taken += take(bytes);
    if (taken === 0) throw new Error('nothing was read');
  };
  const written = () => sameBytes(rewrite(HL7_CODEC, 'batch', new ItemReading(pieces(batch))), batch);
  const compare = async (name: string, contest: Contest, goal?: string) => {
    const nothing = () => {};
    const costs = await inTurn<keyof Contest>({
      ours: each(contest.ours),
      medplum: contest.medplum === undefined ? nothing : each(contest.medplum),
      client: contest.client === undefined ? nothing : each(contest.client),
    });
    const beside = contest.medplum && { peer: '@medplum/core', cost: costs.medplum, goal };
    return [
      rate(name, MESSAGES, costs.ours, beside),
      throughput(name, batch.length, costs.ours, contest.client && { peer: 'node-hl7-client', cost: costs.client }),
    ];
  };
  return [
    ...(await compare('HL7 v2: parse, take ten fields', ten, '>= 8 x')),
    ...(await compare('HL7 v2: parse, take every field', all)),
    ...(await compare('HL7 v2: parse, write again', again)),
    throughput('HL7 v2: a stream cut, parsed, written, compared', batch.length, (await inTurn({ written })).written),
    ...(await endlessSegment()),
  ];
}

const TEN = [
  ['MSH', 7],
  ['MSH', 10],
  ['PID', 3],
  ['PID', 5],
  ['PID', 7],
  ['PID', 8],
  ['OBR', 4],
  ['OBR', 7],
  ['OBX', 3],
  ['OBX', 5],
] as const;

function tenOfOurs(bytes: Buffer): number {
  const message = Hl7Message.read(bytes);
  if (message === undefined) return 0;
  let taken = 0;
  for (const [id, field] of TEN) taken += message.value(message.find(id), { field, component: 1 })?.length ?? 0;
  return taken;
}

function tenOfMedplum(bytes: Buffer): number {
  const message = medplum?.Hl7Message.parse(bytes.toString());
  let taken = 0;
  for (const [id, field] of TEN) taken += message?.getSegment(id)?.getField(field)?.getComponent(1).length ?? 0;
  return taken;
}

function tenOfClient(bytes: Buffer): number {
  const message = client && new client.Message({ text: bytes.toString() });
  let taken = 0;
  for (const [id, field] of TEN) taken += message?.get(`${id}.${field}.1`).toString().length ?? 0;
  return taken;
}

function allOfOurs(bytes: Buffer): number {
  const message = Hl7Message.read(bytes);
  if (message === undefined) return 0;
  let taken = 0;
  for (let segment = 0; segment < message.ids.length; segment++) {
    const fields = message.fieldCount(segment);
    for (let field = 1; field <= fields; field++) taken += message.value(segment, { field })?.length ?? 0;
  }
  return taken;
}

function allOfMedplum(bytes: Buffer): number {
  let taken = 0;
  for (const segment of medplum?.Hl7Message.parse(bytes.toString()).segments ?? []) {
    for (const field of segment.fields) taken += field.toString().length;
  }
  return taken;
}

function allOfClient(bytes: Buffer): number {
  let taken = 0;
  const message = client && new client.Message({ text: bytes.toString() });
  message?.forEach((segment) => {
    segment.forEach((field) => {
      taken += field.toString().length;
    });
  });
  return taken;
}

function againByOurs(bytes: Buffer): number {
  const message = Hl7Message.read(bytes);
  return message === undefined ? 0 : HL7_CODEC.write(message).length;
}

function againByMedplum(bytes: Buffer): number {
  return Buffer.from(medplum?.Hl7Message.parse(bytes.toString()).toString() ?? '').length;
}

function againByClient(bytes: Buffer): number {
  return client === undefined ? 0 : Buffer.from(new client.Message({ text: bytes.toString() }).toString()).length;
}

/** A contest between parsers that read different values would be none. */
function agree({ ours, medplum: one, client: other }: Contest, bytes: Buffer): void {
  const found = [ours, one, other].flatMap((take) => (take === undefined ? [] : [take(bytes)]));
  if (new Set(found).size !== 1) throw new Error(`the parsers read different values: ${found.join(', ')} characters`);
}

const GIBIBYTE = 1024 * 1024 * 1024;

/** One segment of a gibibyte: found to be too long, read to its end, and never held. */
async function endlessSegment(): Promise<readonly Figure[]> {
  const piece = Buffer.alloc(256 * 1024, 0x41);
  const endless = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from('MSH|^~\\&|A|B|||20260101||ORU^R01|1|P|2.5.1\rOBX|1|ED|');
    for (let at = 0; at < GIBIBYTE; at += piece.length) yield piece;
  };
  const [before, started, cpu] = [process.memoryUsage().rss, performance.now(), process.cpuUsage()];
  let peakBytes = 0;
  const watched = async function* (): AsyncGenerator<Uint8Array> {
    for await (const each of endless()) {
      yield each;
      peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
    }
  };
  const { problems } = await examine('hl7v2', 'endless', watched());
  const cost = { seconds: (performance.now() - started) / 1000, cpuSeconds: secondsSince(cpu) };
  if (problems.length !== 1 || problems[0]?.code !== 'TOO_LARGE') throw new Error('it was not found to be too long');
  const grown = (peakBytes - before) / 1024 / 1024;
  return [
    throughput('HL7 v2: one segment of 1 GiB', GIBIBYTE, cost),
    { name: 'HL7 v2: memory for it beyond what was in use', value: grown, unit: 'MiB' },
  ];
}

function secondsSince(cpu: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(cpu);
  return (user + system) / 1e6;
}
