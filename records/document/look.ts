/** What a look at a document gives. */
import type { Problem } from '../format.ts';
import type { FileWindows } from './windows.ts';

/** What a look at one kind of document gives: pages where they can be counted, and what is wrong with it. */
export interface DocumentLook {
  readonly pages?: number | undefined;
  readonly problems?: readonly Problem[] | undefined;
}

/** The look of a document that does not reach its end. */
export function truncated(code: string, file: FileWindows, why: string): DocumentLook {
  return broken(code, `byte ${file.sizeBytes}`, `the document is cut off or damaged: ${why}`);
}

/** The look of a document that does not open. */
export function broken(code: string, position: string, message: string): DocumentLook {
  return { problems: [{ category: 'unreadable', code, position, message }] };
}
