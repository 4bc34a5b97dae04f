/** What the kit grants a connector: time to stop, and memory for what passes through it. */

/** How long one scenario may take, where the runner's own limit would be shorter: jest's is 5 seconds. */
export const SCENARIO_MAX_MS = 300_000;
/** How long something that was stopped may take to stop. */
export const PATIENCE_MS = 5_000;
/** The most bytes in one chunk of a stream. */
export const CHUNK_MAX_BYTES = 8 * 1024 * 1024;
/** Size of the item that must pass in bounded memory in every run, so that a run takes seconds. */
export const LARGE_ITEM_BYTES = 40 * 1024 * 1024;
/** The same in a run at full size. */
export const FULL_ITEM_BYTES = 1024 * 1024 * 1024;
/** What may stay in memory while it passes: windows, buffers, one chunk on either side. */
export const RETAINED_MAX_BYTES = 24 * 1024 * 1024;
/** A staged token lies in the host's database with millions of others. */
export const STAGED_MAX_BYTES = 64 * 1024;
