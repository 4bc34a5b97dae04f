/** What Node needs before the name of a TypeScript file, for processes that a test or a benchmark starts. */
export const AS_TYPESCRIPT: readonly string[] = ['--import', new URL('../../cli/typescript.mjs', import.meta.url).href];
