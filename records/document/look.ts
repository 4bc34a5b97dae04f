/** What a look at a document gives. */
import type { Problem } from '../format.ts';
import type { FileWindows } from './windows.ts';

/** What a look at one kind of document gives: pages where they are cheap to count, and what is broken. */
export interface DocumentLook {
  readonly pages?: number | undefined;
  readonly problem?: Problem | undefined;
}

/** The problem of a document that does not reach its end. */
export function truncated(code: string, file: FileWindows, why: string): Problem {
  const message = `the document is cut off or damaged: ${why}`;
  return { category: 'unreadable', code, position: `byte ${file.sizeBytes}`, message };
}
