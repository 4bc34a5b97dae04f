/** Codecs against the parsers others use and the libraries underneath, on the same bytes. */
import { ccdaFigures, csvFigures } from './codecs/texts.ts';
import { hl7Figures } from './codecs/hl7v2.ts';
import type { Figure } from './figure.ts';

export async function run(): Promise<readonly Figure[]> {
  return [...(await hl7Figures()), ...(await ccdaFigures()), ...(await csvFigures())];
}
