/** What migrations waited for, and what becomes of those that the end of a run cuts off. */
import { describe, expect, it } from 'vitest';
import { buildFleet, buildVolume, GIB, SECOND_US } from '../fleet-builder.js';
import { runFleet } from './run-fleet.js';

const db = { name: 'db', memoryBytes: 8 * GIB };
/** Two minutes for 8 GiB. */
const SLOW = { migrations: { bandwidthPerMigrationBytesPerSecond: 2 ** 26 } };

describe('waits', () => {
  it('are no bandwidth limit’s where there is none, whatever else bounds the sender', async () => {
    const everybody = { namespace: null, virtualMachineInstance: { packs: 'yes' } };
    const packed = buildFleet({
      guests: [{ ...db, labels: { packs: 'yes' } }],
      policies: [{ name: 'packing', selectors: everybody, compression: 'zstd' }],
    });
    expect((await runFleet(packed)).migrations[0]?.waits.bandwidthCapUs).toBe(0);
    const limited = buildFleet({ guests: [db], kubevirt: SLOW });
    expect((await runFleet(limited)).migrations[0]?.waits.bandwidthCapUs).toBeGreaterThan(1e7);
  });

  it('are for disks that never were copied, too', async () => {
    const capacity = 20 * GIB;
    const volume = buildVolume({
      name: 'data',
      source: 'dataVolume',
      bytes: capacity,
      writeBytesPerSecond: 700 * 2 ** 20,
      migration: {
        sourceCapacityBytes: capacity,
        sourceRequestBytes: capacity,
        destinationCapacityBytes: capacity,
      },
    });
    const fleet = buildFleet({
      guests: [{ ...db, migrationMethod: 'BlockMigration', volumes: [volume] }],
      kubevirt: { migrations: { bandwidthPerMigrationBytesPerSecond: 2 ** 28 } },
      drain: { timeoutUs: 1000 * SECOND_US },
    });
    const [first] = (await runFleet(fleet)).migrations;
    expect(first).toMatchObject({ outcome: 'aborted', slowCause: 'storage' });
    expect(first?.waits.storageUs).toBe((first?.endedUs ?? 0) - (first?.startedUs ?? 0));
  });

  it('are the cluster limit’s where it is 0', async () => {
    const fleet = buildFleet({
      guests: [db],
      kubevirt: { migrations: { parallelMigrationsPerCluster: 0 } },
      drain: { timeoutUs: 100 * SECOND_US },
    });
    const [first] = (await runFleet(fleet)).migrations;
    expect(first?.waits).toMatchObject({ queueUs: 1e8, clusterLimitUs: 1e8 });
  });

  it('are for the NIC of the node that is apart in a partition', async () => {
    const { linkWaits } = await runFleet(
      buildFleet({
        guests: [db],
        kubevirt: SLOW,
        events: [
          {
            kind: 'network-partitioned',
            atUs: 10 * SECOND_US,
            nodes: ['node-01'],
            forUs: 20 * SECOND_US,
          },
        ],
      }),
    );
    expect(linkWaits[0]?.link).toBe('nic/node-01/up');
  });
});

describe('a run that ends at its timeout', () => {
  it.each([1, 8, 30])('after %i s tells of each attempt, as unfinished', async (seconds) => {
    const timeoutUs = seconds * SECOND_US;
    const fleet = buildFleet({ guests: [db], kubevirt: SLOW, drain: { timeoutUs } });
    const { migrations, guests, decisions } = await runFleet(fleet);
    const open = { outcome: 'unfinished', failCause: '', failReason: '', endedUs: null };
    expect(migrations).toMatchObject([open]);
    expect(guests).toMatchObject([{ outcome: 'waiting', attempts: 1 }]);
    expect(decisions.at(-1)?.action).toBe('settled');
  });
});

it('a node that dies has nobody and nothing at the end', async () => {
  const guests = [db, { ...db, name: 'web', node: 'node-02' }];
  const fleet = buildFleet({
    guests,
    events: [{ kind: 'node-lost', atUs: 3 * SECOND_US, node: 'node-02' }],
  });
  const { receivers } = await runFleet(fleet);
  const lost = receivers.find(({ node }) => node === 'node-02');
  expect(lost).toMatchObject({ guestsBefore: 1, guestsAfter: 0, memoryAfterBytes: 0 });
});
