import { expect, it } from 'vitest';
import { settingColumns, settingsInForce } from '../../src/outcome/settings-table.js';
import { buildFleet } from '../fleet-builder.js';
import { guestRecord } from './records.js';

const fleet = buildFleet({
  guests: [
    { name: 'web-0', namespace: 'shop', labels: { app: 'web' } },
    { name: 'web-1', namespace: 'shop', labels: { app: 'web' } },
    { name: 'db-0', namespace: 'shop', labels: { app: 'db' } },
  ],
  policies: [
    {
      name: 'databases',
      selectors: { namespace: null, virtualMachineInstance: { app: 'db' } },
      allowPostCopy: true,
    },
  ],
});
const rows = settingsInForce(fleet, {
  guests: ['db-0', 'web-0', 'web-1'].map((name) => guestRecord({ namespace: 'shop', name })),
});
const cells = (scope: string, name: string): Record<string, string> | undefined => {
  const row = rows.find((one) => one.scope === scope && one.name === name);
  if (row === undefined) return undefined;
  return Object.fromEntries(settingColumns.map((column) => [column.name, column.cell(row)]));
};

it('tells what holds for the run', () => {
  expect(cells('drain', 'method')).toMatchObject({ value: 'evict', guests: '3' });
  expect(cells('cluster', 'release')?.value).toMatch(/^KubeVirt 1\./);
});

it('tells what holds for each group of guests, and from where', () => {
  expect(cells('policy databases', 'allowPostCopy')).toMatchObject({
    value: 'true',
    source: 'policy databases',
    guests: '1',
  });
  expect(cells('no policy', 'allowPostCopy')).toMatchObject({ value: 'false', guests: '2' });
});

it('writes figures as figures, and none for what is off', () => {
  expect(cells('no policy', 'maxDowntimeMs')).toMatchObject({ value: '900', unit: 'ms' });
  expect(cells('no policy', 'bandwidthPerMigration')).toMatchObject({ value: 'none' });
});
