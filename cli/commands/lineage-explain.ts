/** `waybill lineage explain ITEM`: for one item, every source field, the rule, the target field, and both digests. */
import { randomBytes } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { keyedDigest } from '../../kernel/digest.ts';
import { explainItem, type Explanation } from '../../records/lineage/explain.ts';
import { ask } from '../ask.ts';
import { CommandRefused, EXIT, type ExitCode } from '../exit.ts';
import { table } from '../table.ts';
import { readMapOption } from './lineage-map.ts';
import { handsOf, withHouse, type ResumeOptions } from './migrate.ts';

export interface ExplainOptions extends ResumeOptions {
  /** With a map the item is a file; without one it is an item of the house. */
  readonly map?: string;
  readonly codeMap?: readonly string[];
  readonly key?: string;
}

const KEY_BYTES = 32;
const DIGITS_SHOWN = 12;

export async function explain(item: string, options: ExplainOptions): Promise<ExitCode> {
  const explanation =
    options.map === undefined ? await askHouse(item, options) : await ofFile(item, options.map, options);
  process.stdout.write(
    options.json === true ? `${JSON.stringify(explanation)}\n` : `${explanationText(explanation)}\n`,
  );
  return EXIT.clean;
}

/** Digests are keyed with a key of this run: they can be compared with each other, and with nothing else. */
async function ofFile(path: string, map: string, { key, codeMap }: ExplainOptions): Promise<Explanation> {
  if (!existsSync(path)) throw missing(path);
  const secret = randomBytes(KEY_BYTES);
  const bytes = createReadStream(path);
  return explainItem(await readMapOption(map, codeMap), { path, bytes, key }, (value) => keyedDigest(secret, value));
}

const EXPLAIN = `query($itemId: ID!, $key: String) {
  lineageExplanation(itemId: $itemId, key: $key) {
    map { name version }
    records {
      type key
      identity { path position digest }
      fields { target transform rule digest overwrote sources { path position digest } }
      problems { code position }
    }
    leftBehind { path reason count }
    cut
  } }`;

function askHouse(itemId: string, options: ExplainOptions): Promise<Explanation> {
  return withHouse(options, async (house) => {
    const { operator } = handsOf(house, options);
    const variables = { itemId, key: options.key ?? null };
    const answer = await ask<{ lineageExplanation: Explanation | null }>(house, operator, EXPLAIN, variables);
    if (answer.lineageExplanation === null) throw missing(itemId);
    return answer.lineageExplanation;
  });
}

function missing(item: string): CommandRefused {
  const remedy = 'name an item id of the house, or a file together with --map';
  return new CommandRefused([{ code: 'ITEM_UNKNOWN', message: 'there is no such item', field: [item], remedy }]);
}

function explanationText({ map, records, leftBehind, cut }: Explanation): string {
  const parts = [`by ${map.name} ${map.version}; digests are keyed, ${DIGITS_SHOWN} of their 64 digits are shown`];
  for (const { type, key, identity, fields, problems } of records) {
    const rows = fields.map(({ target, transform, rule, sources, digest }) => [
      target,
      digest?.slice(0, DIGITS_SHOWN) ?? 'nothing written',
      transform,
      sources.map((source) => source.path).join(' ') || '(constant)',
      sources.map((source) => source.digest.slice(0, DIGITS_SHOWN)).join(' '),
      sources[0]?.position ?? '',
      rule,
    ]);
    parts.push(
      `${type} ${key}, identified by ${identity.map(({ path }) => path).join(' ') || 'its place'}`,
      table(['target', 'digest', 'by', 'from', 'digest', 'at', 'rule'], rows),
      ...problems.map(({ code, position }) => `  problem: ${code} at ${position}; the record is not written`),
    );
  }
  if (leftBehind.length > 0) {
    const rows = leftBehind.map(({ path, count, reason }) => [path, count, reason ?? 'LOST: no rule, no exclusion']);
    parts.push('left behind', table(['path', 'values', 'because'], rows));
  }
  if (cut) parts.push('the item makes more records than are shown: name one with --key');
  return parts.join('\n\n');
}
