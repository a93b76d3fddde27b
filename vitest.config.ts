import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'threads',
    // Files share nothing that another could spoil: no global state, folders of their own.
    isolate: false,
    // Many tests wait for a command that they have started.
    maxWorkers: 3,
    testTimeout: 60_000,
  },
});
