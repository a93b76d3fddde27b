import { describe, expect, it } from 'vitest';
import { readPastMigrations } from '../../../src/fleet/dump/past-migrations.js';
import { parseDocument } from '../../../src/fleet/load/document.js';

// biome-ignore lint/suspicious/noExplicitAny: tests change arbitrary places of arbitrary JSON
type Json = any;

function vmim(change: (object: Json) => void = () => {}): Json {
  const object = {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstanceMigration',
    metadata: { namespace: 'shop', name: 'm-1', creationTimestamp: '2026-09-08T02:14:04Z' },
    spec: { vmiName: 'db-0' },
    status: {
      phase: 'Succeeded',
      migrationState: {
        startTimestamp: '2026-09-08T02:14:10Z',
        endTimestamp: '2026-09-08T02:15:00Z',
        sourceNode: 'a',
        targetNode: 'b',
        mode: 'PreCopy',
        migrationConfiguration: { bandwidthPerMigration: '1Gi', completionTimeoutPerGiB: 60 },
      },
      phaseTransitionTimestamps: [
        { phase: 'Scheduling', phaseTransitionTimestamp: '2026-09-08T02:14:05Z' },
        { phase: 'Succeeded', phaseTransitionTimestamp: '2026-09-08T02:15:02Z' },
      ],
    },
  };
  change(object);
  return object;
}

function read(...items: readonly Json[]) {
  const text = JSON.stringify({ kind: 'List', apiVersion: 'v1', items });
  return readPastMigrations([parseDocument('vmims.json', text)]);
}

describe('the history of migrations', () => {
  it('tells times, nodes, settings and outcome', () => {
    const [one] = read(vmim()).migrations;
    const createdUs = Date.parse('2026-09-08T02:14:04Z') * 1000;
    expect(one).toMatchObject({
      namespace: 'shop',
      name: 'db-0',
      createdUs,
      slotUs: createdUs + 1e6,
      startedUs: createdUs + 6e6,
      endedUs: createdUs + 56e6,
      sourceNode: 'a',
      targetNode: 'b',
      outcome: 'succeeded',
      configuration: { bandwidthPerMigrationBytesPerSecond: 2 ** 30, completionTimeoutPerGiB: 60 },
    });
  });

  it('tells an abort from another failure, and what is under way', () => {
    const failed = (object: Json) => {
      object.status.phase = 'Failed';
    };
    const aborted = vmim((object) => {
      failed(object);
      object.metadata.name = 'm-2';
      object.status.migrationState.abortStatus = 'Succeeded';
    });
    const running = vmim((object) => {
      object.metadata.name = 'm-3';
      object.status.phase = 'Running';
      delete object.status.migrationState.endTimestamp;
    });
    const { migrations } = read(vmim(failed), aborted, running);
    expect(migrations.map(({ outcome }) => outcome)).toEqual(['failed', 'aborted', 'open']);
    expect(migrations[2]?.endedUs).toBeNull();
  });

  it('counts what has no time, and names a field that is wrong', () => {
    const timeless = vmim((object) => {
      delete object.metadata.creationTimestamp;
    });
    expect(read(timeless).migrations).toEqual([]);
    expect(read(timeless).warnings[0]?.message).toContain('left out');
    const backwards = vmim((object) => {
      object.status.migrationState.endTimestamp = '2026-09-08T02:14:09Z';
    });
    expect(() => read(backwards)).toThrow(
      /items\[0\]\.status\.migrationState\.endTimestamp .*lies before startTimestamp/,
    );
    const noDate = vmim((object) => {
      object.status.migrationState.startTimestamp = 'yesterday';
    });
    expect(() => read(noDate)).toThrow(/startTimestamp .*"yesterday" is not a time/);
    for (const zone of ['+99:00', '-24:00', '+02:60']) {
      const noZone = vmim((object) => {
        object.status.migrationState.endTimestamp = `2026-09-08T02:15:00${zone}`;
      });
      expect(() => read(noZone)).toThrow(/endTimestamp .*is not a time \(RFC 3339\)/);
    }
    const zoned = vmim((object) => {
      object.status.migrationState.endTimestamp = '2026-09-08T04:15:00+02:00';
    });
    expect(read(zoned).migrations[0]?.endedUs).toBe(Date.parse('2026-09-08T02:15:00Z') * 1000);
    expect(() => read({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'x' } })).toThrow(
      /no VirtualMachineInstanceMigration found/,
    );
  });
});
