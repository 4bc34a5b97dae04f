/** A source that holds nothing: it makes up as many small messages as it is told to, and lists them in order. */
import { defineConnector, type Item, type Source } from '@waybill/connector-sdk';
import { z } from 'zod';

const config = z.strictObject({ items: z.int().min(1) });
const MODIFIED = '2026-01-01T00:00:00.000Z';
const PER_FOLDER = 1_000;
const DIGITS = 9;

const lister = defineConnector<z.infer<typeof config>>({
  apiVersion: 1,
  id: 'bench-lister',
  title: 'Items without a disk',
  version: '1.0.0',
  roles: ['source'],
  config,
  secrets: [],
  capabilities: {
    resumeRead: true,
    orderedListing: true,
    listing: true,
    shapes: ['bytes'],
    remoteDigest: false,
    concurrencyMax: 16,
  },
  check: async () => ({}),
  openSource: async ({ items }) => sourceOf(items),
});
export { lister as default };

function sourceOf(items: number): Source {
  return {
    list: () => listed(0, items),
    listFrom: (path) => listed(numberOf(path) + 1, items),
    async *read(path, offsetBytes) {
      yield messageOf(numberOf(path)).subarray(offsetBytes);
    },
    close: async () => undefined,
  };
}

async function* listed(from: number, items: number): AsyncGenerator<Item> {
  for (let number = from; number < items; number++) {
    yield { path: pathOf(number), sizeBytes: messageOf(number).byteLength, modifiedAt: MODIFIED };
  }
}

function pathOf(number: number): string {
  return `oru/${digits(Math.floor(number / PER_FOLDER))}/${digits(number)}.hl7`;
}

function numberOf(path: string): number {
  return Number(path.slice(-DIGITS - '.hl7'.length, -'.hl7'.length));
}

function messageOf(number: number): Buffer {
  const id = digits(number);
  return Buffer.from(`MSH|^~\\&|LAB|A|EHR|B|20260101||ORU^R01|${id}|P|2.5\rOBR|1|${id}|\rOBX|1|NM|1||5\r`);
}

function digits(number: number): string {
  return String(number).padStart(DIGITS, '0');
}
