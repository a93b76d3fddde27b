import { expect, it } from 'vitest';
import { migrationDataSizeGB } from '../../src/kubevirt/data-size.js';

const none = { memoryBytes: 0, ephemeralBytes: 0, blockMigration: false, migratedVolumes: [] };

it.each([
  [0, 0],
  [1, 1],
  [1e9, 1],
  [1e9 + 1, 2],
  [2 ** 30, 2],
  [8 * 2 ** 30, 9],
  [64 * 2 ** 30, 69],
  // A quotient would lose the last byte here.
  [9e15 + 1, 9_000_001],
])('counts %d bytes as %d decimal GB', (memoryBytes, size) => {
  expect(migrationDataSizeGB({ ...none, memoryBytes })).toBe(size);
});

it('adds ephemeral files in block migrations only, and migrated volumes always', () => {
  const data = {
    ...none,
    ephemeralBytes: 5e9,
    migratedVolumes: [
      { requestBytes: 3e9, capacityBytes: 2e9 },
      { requestBytes: null, capacityBytes: 9e9 },
    ],
  };
  expect(migrationDataSizeGB(data)).toBe(2);
  expect(migrationDataSizeGB({ ...data, blockMigration: true })).toBe(7);
});
