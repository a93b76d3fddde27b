import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'threads',
    // Files share nothing that another could spoil: no global state, folders of their own.
    isolate: false,
    maxWorkers: 2,
    testTimeout: 60_000,
  },
});
