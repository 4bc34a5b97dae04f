export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test', '<rootDir>/plugins'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', { module: { type: 'es6' } }] },
  // Jest leaves one core idle; most suites wait for a database, a disk or a process of their own.
  maxWorkers: '100%',
  // A worker keeps what every suite loaded, and each collection of garbage looks at all of it: it begins anew in time.
  workerIdleMemoryLimit: '700MB',
  testSequencer: '<rootDir>/test/support/journeys-first.mjs',
  // A test that waits for what never comes ends; one that a busy machine makes wait does not.
  testTimeout: 300_000,
};
