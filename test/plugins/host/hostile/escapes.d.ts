/** By name; see escapes.js. */
export declare const ESCAPES: Readonly<Record<string, unknown>>;
