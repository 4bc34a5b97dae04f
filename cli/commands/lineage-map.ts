/** A lineage map named at the command line: a file, or one that comes with Waybill as `shipped:NAME`. */
import { readFile } from 'node:fs/promises';
import type { WrittenLineage } from '../../records/lineage/diff.ts';
import type { LineageMap } from '../../records/lineage/language.ts';
import { handCodeMap, pinDocuments, withHanded, type HandedCodeMap } from '../../records/lineage/code-documents.ts';
import { acceptLineage } from '../../records/lineage/parse.ts';
import { shippedLibraries, shippedLineages } from '../../records/maps/shipped.ts';
import { nearestWord } from '../../records/spelling.ts';
import { CommandRefused } from '../exit.ts';
import { codeMapFileText } from './code-map.ts';

const SHIPPED = 'shipped:';

/** `codeMaps` are the files of the documents that the map names. */
export async function readMapOption(reference: string, codeMaps: readonly string[] = []): Promise<LineageMap> {
  const handed = await handedIn(codeMaps);
  return withHanded(accepted(await textOf(reference), handed), handed);
}

/** The map with the text it was read from, its code maps named by their digests. */
export async function readWrittenMap(reference: string, codeMaps: readonly string[] = []): Promise<WrittenLineage> {
  const handed = await handedIn(codeMaps);
  const text = await textOf(reference);
  return { map: pinDocuments(accepted(text, handed), handed), text };
}

function accepted(text: string, handed: readonly HandedCodeMap[]): LineageMap {
  const parsed = acceptLineage(text, shippedLibraries(), handed);
  if (!parsed.ok) throw new CommandRefused(parsed.refusals);
  return parsed.value;
}

async function handedIn(files: readonly string[]): Promise<readonly HandedCodeMap[]> {
  const handed: HandedCodeMap[] = [];
  for (const file of files) {
    const each = handCodeMap(await codeMapFileText(file));
    if (!each.ok) throw new CommandRefused(each.refusals);
    handed.push(each.value);
  }
  return handed;
}

async function textOf(reference: string): Promise<string> {
  const names = [...shippedLineages().keys()];
  const name = reference.startsWith(SHIPPED) ? reference.slice(SHIPPED.length) : undefined;
  const path = name === undefined ? reference : shippedLineages().get(name);
  const text = path === undefined ? undefined : await readFile(path, 'utf8').catch(() => undefined);
  if (text !== undefined) return text;
  const nearest = nearestWord(name ?? reference, names);
  throw new CommandRefused([
    {
      code: 'LINEAGE_MISSING',
      message: `${reference} is no lineage map`,
      field: ['--map'],
      remedy: `a file, or shipped:NAME${nearest === undefined ? '' : `, perhaps shipped:${nearest}`}`,
    },
  ]);
}
