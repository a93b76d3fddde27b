import { describe, expect, it } from 'vitest';
import { drainEta, latestTimeUs } from '../../src/eta/drain-eta.js';
import type { PastMigration } from '../../src/fleet/dump/past-migrations.js';
import type { Fleet } from '../../src/fleet/model.js';
import { createInPlacePageWork } from '../../src/memory/in-place.js';
import { loadKernels } from '../../src/memory/load-node.js';
import type { MigrationRecord, RunResult } from '../../src/simulation/result.js';
import { simulate } from '../../src/simulation/simulate.js';
import { buildFleet, GIB } from '../fleet-builder.js';

const pageWork = createInPlacePageWork(await loadKernels());

const run = (fleet: Fleet, seed: number): Promise<RunResult> =>
  simulate(fleet, {
    seed,
    fidelity: 'chunk',
    pageWork,
    rounds: false,
    decisions: false,
    linkStepUs: 60_000_000,
  });

const T0_US = Date.parse('2026-09-08T02:00:00Z') * 1000;

/** What kubectl would show of an attempt at that time; null: it is not there yet. */
function seenAt(record: MigrationRecord, atUs: number, index: number): PastMigration | null {
  const before = (us: number | null): number | null =>
    us === null || us > atUs ? null : T0_US + us;
  if (record.createdUs > atUs) return null;
  return {
    namespace: record.namespace,
    object: `m-${index}`,
    name: record.name,
    createdUs: T0_US + record.createdUs,
    slotUs: before(record.slotUs),
    startedUs: before(record.startedUs),
    endedUs: before(record.endedUs),
    sourceNode: before(record.startedUs) === null ? null : record.sourceNode,
    targetNode: before(record.startedUs) === null ? null : record.targetNode,
    mode: 'PreCopy',
    outcome: before(record.endedUs) === null ? 'open' : 'succeeded',
    failReason: '',
    configuration: null,
    policy: '',
    evacuatedNode: record.sourceNode,
  };
}

/** A node of ten guests that move two at a time; node-02 and node-03 take them. */
const whole = buildFleet({
  nodes: 3,
  guests: Array.from({ length: 10 }, (_, i) => ({
    name: `g-${i}`,
    node: 'node-01',
    memoryBytes: (4 + 2 * i) * GIB,
  })),
  kubevirt: { migrations: { bandwidthPerMigrationBytesPerSecond: 512 * 2 ** 20 } },
});

describe('time to go of a drain', () => {
  it('is what was left of it, for a dump made in its middle', async () => {
    const result = await run(whole, 1);
    const drainUs = result.endUs - result.startUs;
    for (const share of [0.3, 0.7]) {
      const atUs = Math.round(share * drainUs);
      const moved = new Map(
        result.guests.flatMap(({ name, movedAtUs, finalNode }) =>
          movedAtUs !== null && movedAtUs <= atUs ? [[name, finalNode] as const] : [],
        ),
      );
      const fleet: Fleet = {
        ...whole,
        guests: whole.guests.map((guest) => ({
          ...guest,
          node: moved.get(guest.name) ?? guest.node,
          evacuationNodeName: moved.has(guest.name) ? null : guest.node,
        })),
      };
      const migrations = result.migrations.flatMap((record, i) => seenAt(record, atUs, i) ?? []);
      const nowUs = T0_US + atUs;
      const asked = { fleet, migrations, nowUs, replicas: 5, seed: 1, simulate: run };
      const { toGoUs, nodes, running, guests } = await drainEta(asked);
      expect(nodes).toEqual(['node-01']);
      expect(running).toBeGreaterThan(0);
      expect(guests).toBe(10 - moved.size);
      const leftUs = drainUs - atUs;
      expect(Math.abs(toGoUs.p50 - leftUs)).toBeLessThan(0.15 * leftUs + 10e6);
    }
  });

  it('takes the last time stamp for now, and says when nothing is under way', async () => {
    const [record] = (await run(whole, 1)).migrations;
    if (record === undefined) throw new Error('no migration');
    const done = seenAt(record, Number.MAX_SAFE_INTEGER, 0);
    if (done === null) throw new Error('not seen');
    expect(latestTimeUs([done])).toBe(done.endedUs);
    const asked = { fleet: whole, migrations: [done], nowUs: 0, replicas: 1, seed: 1 };
    await expect(drainEta({ ...asked, simulate: run })).rejects.toThrow(/no drain is under way/);
  });
});
