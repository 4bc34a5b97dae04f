/** What HTML and RTF notes hide: pictures and documents inside them, and pointers to files beside them. */
import { asBuffer } from '../item-bytes.ts';
import type { HiddenCount } from './hidden.ts';
import { isRelativePath } from './paths.ts';

/** More of one tag is passed over: a picture inside a tag is counted by how it begins. */
const TAG_CHARACTERS_MAX = 4096;
/** Elements that show or link a file (HTML Living Standard, 4.8), and where they name it. */
const TAG = /^<(img|embed|object|iframe|source|video|audio|a)\b[^>]*?\s(?:src|data|href)\s*=\s*(["']?)([^"'>\s]*)/i;
/** Pages link one another; only what is a document of its own is one. */
const DOCUMENT = /\.(?:pdf|tiff?|jpe?g|png|gif|bmp|rtf|docx?|xlsx?|dcm|xml|txt)$/i;

/** Follows tags, whatever chunks they come in. */
export async function seeHtml(chunks: AsyncIterable<Uint8Array>, seen: HiddenCount): Promise<void> {
  let held = '';
  for await (const chunk of chunks) {
    held += asBuffer(chunk).toString('latin1');
    let from = held.indexOf('<');
    for (let next = from; from !== -1; from = next) {
      next = held.indexOf('<', from + 1);
      const isWhole = held.indexOf('>', from) !== -1 || next !== -1;
      if (!isWhole && held.length - from < TAG_CHARACTERS_MAX) break;
      seeTag(held.slice(from, from + TAG_CHARACTERS_MAX), seen);
    }
    held = from === -1 ? '' : held.slice(from);
  }
  if (held !== '') seeTag(held, seen);
}

function seeTag(tag: string, seen: HiddenCount): void {
  const [, element = '', , target = ''] = TAG.exec(tag) ?? [];
  if (/^data:/i.test(target)) return seen.count('attachment');
  const [path = ''] = target.split(/[?#]/);
  if (!isRelativePath(path) || (element.toLowerCase() === 'a' && !DOCUMENT.test(path))) return;
  seen.count('attachment-pointer');
  seen.path(decoded(path));
}

/** Percent-encoding is how HTML writes paths; what is none is a path as it stands. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(Buffer.from(path, 'latin1').toString());
  } catch {
    return path;
  }
}

/** A picture, and an object embedded or linked (RTF 1.9.1, "Pictures" and "Objects"). */
const EMBEDDED = /\\(?:pict|objdata|objlink)(?![a-z])/g;
const WORD_CHARACTERS_MAX = 16;

export async function seeRtf(chunks: AsyncIterable<Uint8Array>, seen: HiddenCount): Promise<void> {
  let held = '';
  for await (const chunk of chunks) {
    held += asBuffer(chunk).toString('latin1');
    // A word that begins before is here to its end.
    const sure = Math.max(0, held.length - WORD_CHARACTERS_MAX);
    seen.count('attachment', [...held.matchAll(EMBEDDED)].filter(({ index }) => index < sure).length);
    held = held.slice(sure);
  }
  seen.count('attachment', [...held.matchAll(EMBEDDED)].length);
}
