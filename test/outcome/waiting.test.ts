import { describe, expect, it } from 'vitest';
import { mainWaitShare, sumWaits, totalWaitUs, waitedFor } from '../../src/outcome/waiting.js';
import { buildFleet } from '../fleet-builder.js';
import { runFleet } from '../simulation/run-fleet.js';
import { migrationRecord } from './records.js';

const SECOND_US = 1_000_000;

function waiting(seconds: Partial<Record<keyof ReturnType<typeof sumWaits>, number>>) {
  const waits = { ...migrationRecord().waits };
  for (const [name, value] of Object.entries(seconds)) {
    Object.assign(waits, { [name]: value * SECOND_US });
  }
  return waits;
}

describe('what migrations waited for', () => {
  const waits = waiting({
    queueUs: 60,
    clusterLimitUs: 41,
    nodeLimitUs: 10,
    linkShareUs: 33,
    dirtyRateUs: 7,
  });

  it('is told in words, longest first, links by what each held up', () => {
    const told = waitedFor(waits, {
      linkWaits: [
        { link: 'rack/b/up/1', waitedUs: 30 },
        { link: 'nic/a1/down', waitedUs: 3 },
      ],
      parallelLimits: { perCluster: 5, perNode: 2 },
    });
    expect(told.map(({ what, share }) => [what, Math.round(share * 100)])).toEqual([
      ['the cluster limit of 5', 41],
      ['uplink 1 of rack b', 30],
      ['the limit of 2 out of a node', 10],
      ['target pods made one at a time, and retries', 9],
      ['pages that are sent again: the dirty rate', 7],
      ['the NIC into a1', 3],
    ]);
  });

  it('counts the limits as parts of the queue', () => {
    expect(totalWaitUs(waits)).toBe(100 * SECOND_US);
    expect(mainWaitShare(migrationRecord({ slowCause: 'queue', waits }))).toBeCloseTo(0.6);
    expect(mainWaitShare(migrationRecord({ slowCause: '', waits }))).toBe(null);
  });
});

describe('the causes of a run', () => {
  it("are each migration's own: a full cluster, then a full node", async () => {
    const drain = async (perCluster: number, perNode: number) => {
      const { migrations } = await runFleet(
        buildFleet({
          nodes: 4,
          guests: 4,
          drain: { nodes: ['node-01', 'node-02'] },
          kubevirt: {
            migrations: {
              parallelMigrationsPerCluster: perCluster,
              parallelOutboundMigrationsPerNode: perNode,
            },
          },
        }),
      );
      for (const { createdUs, slotUs, waits } of migrations) {
        expect(waits.queueUs).toBe((slotUs ?? 0) - createdUs);
        expect(waits.clusterLimitUs + waits.nodeLimitUs).toBeLessThanOrEqual(waits.queueUs);
      }
      return sumWaits(migrations);
    };
    const cluster = await drain(1, 2);
    expect(cluster.nodeLimitUs).toBe(0);
    expect(cluster.clusterLimitUs).toBeGreaterThan(0.8 * cluster.queueUs);
    const node = await drain(9, 1);
    expect(node.clusterLimitUs).toBe(0);
    expect(node.nodeLimitUs).toBeGreaterThan(0.8 * node.queueUs);
  });

  it('receivers add up: every guest is on a node before, and after', async () => {
    const fleet = buildFleet({ nodes: 4, guests: 3 });
    const { receivers, migrations } = await runFleet(fleet);
    const sum = (of: (one: (typeof receivers)[number]) => number) =>
      receivers.reduce((total, one) => total + of(one), 0);
    expect(sum((one) => one.guestsBefore)).toBe(12);
    expect(sum((one) => one.guestsAfter)).toBe(12);
    expect(sum((one) => one.inbound)).toBe(migrations.length);
    expect(sum((one) => one.memoryAfterBytes)).toBe(sum((one) => one.memoryBeforeBytes));
    for (const one of receivers) {
      expect(one.memoryPeakBytes).toBeGreaterThanOrEqual(one.memoryAfterBytes);
      expect(one.inboundPeak).toBeLessThanOrEqual(one.inbound);
    }
  });
});
