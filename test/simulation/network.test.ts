/** What the network does to migrations: bonds, distance, other traffic, links that misbehave. */
import { describe, expect, test } from 'vitest';
import type { FleetEvent } from '../../src/fleet/model.js';
import type { BackgroundTraffic, NetworkSpec } from '../../src/fleet/network-spec.js';
import type { RunResult } from '../../src/simulation/result.js';
import {
  buildFleet,
  buildNic,
  buildVolume,
  GIB,
  type GuestInput,
  SECOND_US,
} from '../fleet-builder.js';
import { runFleet } from './run-fleet.js';

const NIC = 1.25e9;
const QUIET = { name: 'quiet', node: 'node-01', memoryBytes: 32 * GIB };
const MIGRATIONS = { disableTLS: true };

interface Scenario {
  readonly network?: Partial<NetworkSpec>;
  readonly events?: readonly FleetEvent[];
  readonly guests?: readonly GuestInput[];
  readonly migrations?: object;
}

/** One quiet guest from node-01 to node-02, over 10 Gbit/s; about 27.5 s of sending. */
function move(scenario: Scenario = {}): Promise<RunResult> {
  const fleet = buildFleet({
    nodes: 2,
    guests: scenario.guests ?? [QUIET],
    network: {
      nics: [1, 2].map((i) => buildNic({ node: `node-0${i}`, bytesPerSecond: NIC })),
      proxyBytesPerSecond: 1e11,
      channelBytesPerSecond: 1e10,
      ...scenario.network,
    },
    kubevirt: { migrations: { ...MIGRATIONS, ...scenario.migrations } },
    events: scenario.events ?? [],
  });
  return runFleet(fleet, { linkStepUs: 10 * SECOND_US });
}

const totalSeconds = ({ migrations }: RunResult, index = 0): number => {
  const one = migrations[index];
  return ((one?.endedUs ?? 0) - (one?.startedUs ?? 0)) / SECOND_US;
};
const linkBytes = ({ links }: RunResult, link: string): number =>
  [...links].filter((row) => row.link === link).reduce((sum, row) => sum + row.bytes, 0);
const background = (over: Partial<BackgroundTraffic>): BackgroundTraffic => ({
  link: 'nic/node-01/up',
  profile: { kind: 'constant', bytesPerSecond: 0.75e9 },
  connections: 64,
  priority: 'first',
  reservedShare: 0,
  ...over,
});

describe('bonds', () => {
  const bond = (members: number, hashing: 'layer3+4' | 'layer2+3' | 'balanced') => ({
    nics: [1, 2].map((i) =>
      buildNic({ node: `node-0${i}`, bytesPerSecond: 2 * NIC, members, hashing }),
    ),
  });

  test('one pipe is filled; by pair of nodes one member is all there is', async () => {
    const pipe = totalSeconds(await move({ network: bond(2, 'balanced') }));
    const pair = totalSeconds(await move({ network: bond(2, 'layer2+3') }));
    expect(pair / pipe).toBeGreaterThan(1.9);
    expect(pair / pipe).toBeLessThan(2.1);
  });

  test('by connection, the bytes of all members are the migration’s', async () => {
    const result = await move({ network: bond(2, 'layer3+4') });
    const members = [1, 2].map((i) => linkBytes(result, `nic/node-01/up/${i}`));
    expect(Math.min(...members)).toBeGreaterThan(GIB);
    expect(members[0] + members[1]).toBe(result.migrations[0]?.wireBytes);
  });

  test('a member that goes down leaves its connections to the other', async () => {
    const event = { kind: 'link-down' as const, link: 'nic/node-01/up/1', atUs: 10 * SECOND_US };
    const result = await move({
      network: bond(2, 'layer3+4'),
      events: [{ ...event, forUs: 3600 * SECOND_US }],
    });
    expect(result.migrations.map((one) => one.outcome)).toEqual(['succeeded']);
    const after = [...result.links].filter(
      (row) => row.link === event.link && row.fromUs >= event.atUs,
    );
    expect(after.reduce((sum, row) => sum + row.bytes, 0)).toBe(0);
  });

  test('a disk’s mirror is one connection: one member', async () => {
    const disk = buildVolume({
      name: 'root',
      bytes: 8 * GIB,
      claim: null,
      migration: {
        sourceCapacityBytes: null,
        sourceRequestBytes: null,
        destinationCapacityBytes: null,
      },
    });
    const guests = [{ ...QUIET, volumes: [disk], migrationMethod: 'BlockMigration' as const }];
    const [migration] = (await move({ network: bond(2, 'layer3+4'), guests })).migrations;
    expect(migration?.outcome).toBe('succeeded');
    expect(migration?.storageBytes).toBe(8 * GIB);
  });
});

describe('distance', () => {
  test('over a long way each connection has its window and no more', async () => {
    // 8 × 4 MiB over 100 ms: 335 MB/s, of a link of 1.25 GB/s.
    const result = await move({ network: { roundTripTimeUs: 100_000 } });
    const seconds = (32 * GIB) / ((8 * 4 * 2 ** 20) / 0.1);
    expect(totalSeconds(result) / seconds).toBeCloseTo(1, 1);
  });

  test('under loss each connection is bounded by it', async () => {
    const loss = { kind: 'packet-loss' as const, atUs: 0, link: 'nic/node-02', loss: 0.01 };
    const result = await move({
      network: { roundTripTimeUs: 1000 },
      events: [{ ...loss, forUs: 36_000 * SECOND_US }],
    });
    const each = (1448 / 1e-3) * Math.sqrt(1.5 / 0.01);
    expect(totalSeconds(result) / ((32 * GIB) / (8 * each))).toBeCloseTo(1, 1);
  });
});

describe('a CPU limit', () => {
  test('leaves the sender what the vCPUs do not use', async () => {
    const network = { channelBytesPerSecond: 1e9 };
    const limited = (cpu: number) =>
      move({ network, guests: [{ ...QUIET, vcpus: 2, resourceLimits: { cpu } }] });
    const [ample, tight] = [totalSeconds(await limited(2)), totalSeconds(await limited(1.25))];
    expect(tight / ample).toBeGreaterThan(3.5);
  });
});

describe('other traffic', () => {
  test('that goes first leaves the rest, and is in links.csv', async () => {
    const result = await move({ network: { background: [background({})] } });
    expect(totalSeconds(result) / ((32 * GIB) / 0.5e9)).toBeCloseTo(1, 1);
    const rows = [...result.links].filter((row) => row.link === 'nic/node-01/up');
    expect(rows[1]?.backgroundBytes).toBe(7.5e9);
    expect(result.linkWaits[0]?.link).toBe('nic/node-01/up');
    expect(rows.reduce((sum, row) => sum + row.fullUs, 0) / SECOND_US).toBeGreaterThan(60);
  });

  test('that goes last takes nothing, and never what is reserved', async () => {
    const alone = totalSeconds(await move());
    const last = await move({ network: { background: [background({ priority: 'last' })] } });
    expect(totalSeconds(last) / alone).toBeCloseTo(1, 3);
    const reserved = await move({ network: { background: [background({ reservedShare: 0.8 })] } });
    expect(totalSeconds(reserved) / ((32 * GIB) / 1e9)).toBeCloseTo(1, 1);
  });

  test('shares by connections where nothing says otherwise', async () => {
    const fair = background({ priority: 'fair', connections: 8 });
    const result = await move({ network: { background: [fair] } });
    expect(totalSeconds(result) / ((32 * GIB) / 0.625e9)).toBeCloseTo(1, 1);
  });

  test('follows its profile', async () => {
    const steps = [
      { atUs: 0, bytesPerSecond: NIC },
      { atUs: 20 * SECOND_US, bytesPerSecond: 0 },
    ];
    const late = background({ profile: { kind: 'series', steps }, link: 'nic/*/up' });
    const result = await move({ network: { background: [late] } });
    const started = (result.migrations[0]?.startedUs ?? 0) / SECOND_US;
    expect(totalSeconds(result) - totalSeconds(await move())).toBeCloseTo(20 - started, 0);
  });
});

describe('links that misbehave', () => {
  const down = (seconds: number, link = 'nic/node-01') => ({
    kind: 'link-down' as const,
    atUs: 15 * SECOND_US,
    link,
    forUs: seconds * SECOND_US,
  });

  test('down for 10 s: connections go on at their next retransmission, 12.6 s after the cut', async () => {
    const usual = await move();
    const result = await move({ events: [down(10)] });
    expect(result.migrations.map((one) => one.outcome)).toEqual(['succeeded']);
    expect(totalSeconds(result) - totalSeconds(usual)).toBeCloseTo(12.6, 1);
    expect(result.migrations[0]?.wireBytes).toBe(usual.migrations[0]?.wireBytes);
    expect(result.decisions.map((one) => one.action)).toContain('connection resumes');
    const waited = result.linkWaits.find((one) => one.link === 'nic/node-01/up')?.waitedUs ?? 0;
    expect(waited / SECOND_US).toBeGreaterThan(12.5);
  });

  test('down for 30 s: libvirt’s keep-alive aborts, the guest stays and moves later', async () => {
    const result = await move({ events: [down(30)] });
    const [first, second] = result.migrations;
    expect(first).toMatchObject({ outcome: 'failed', failCause: 'network' });
    expect(first?.failReason).toContain('Lost connection to destination host');
    expect((first?.endedUs ?? 0) / SECOND_US).toBeCloseTo(45, 3);
    expect(second?.outcome).toBe('succeeded');
    expect(result.guests[0]?.outcome).toBe('moved');
  });

  test('a name that no link has is told with the one probably meant', async () => {
    await expect(move({ events: [down(1, 'nic/node-01/upp')] })).rejects.toThrow(
      'fleet: events[0].link: there is no link "nic/node-01/upp"; did you mean "nic/node-01/up"?',
    );
    const nowhere = { network: { background: [background({ link: 'rack/*' })] } };
    await expect(move(nowhere)).rejects.toThrow('network.background[0].link');
  });

  test('links.csv shows what was left of it', async () => {
    const degraded = {
      kind: 'link-degraded' as const,
      atUs: 15 * SECOND_US,
      link: 'nic/node-01/up',
    };
    const events = [{ ...degraded, forUs: 10 * SECOND_US, share: 0.5 }];
    const rows = [...(await move({ events })).links].filter((row) => row.link === degraded.link);
    const shares = rows.map((row) => row.capacityBytesPerSecond / NIC);
    expect(shares.slice(0, 4)).toEqual([1, 0.75, 0.75, 1]);
  });

  test('overlapping events add up, and each ends alone', async () => {
    const degraded = { kind: 'link-degraded' as const, link: 'nic/node-01/up', share: 0.5 };
    const events = [
      { ...degraded, atUs: 0, forUs: 20 * SECOND_US },
      { ...degraded, atUs: 10 * SECOND_US, forUs: 20 * SECOND_US },
    ];
    const rows = [...(await move({ events })).links].filter((row) => row.link === degraded.link);
    expect(rows.map((row) => row.capacityBytesPerSecond / NIC).slice(0, 4)).toEqual([
      0.5, 0.25, 0.5, 1,
    ]);
  });

  test('flapping costs more than the time that it is down', async () => {
    const flapping = {
      kind: 'link-flapping' as const,
      link: 'nic/node-01/up',
      atUs: 10 * SECOND_US,
      forUs: 20 * SECOND_US,
      downUs: SECOND_US,
      upUs: 4 * SECOND_US,
    };
    const result = await move({ events: [flapping] });
    const cost = totalSeconds(result) - totalSeconds(await move());
    // Four times down for 1 s, each until 1.4 s after the cut.
    expect(cost).toBeCloseTo(4 * 1.4, 1);
  });

  test('a NIC lost for good: no migration ends well, and no guest is lost', async () => {
    const events = [{ kind: 'nic-lost' as const, atUs: 15 * SECOND_US, node: 'node-02' }];
    const fleet = await move({ events, migrations: { completionTimeoutPerGiB: 10 } });
    expect(fleet.migrations[0]).toMatchObject({ outcome: 'failed', failCause: 'network' });
    expect(fleet.guests.map((one) => one.finalNode)).toEqual(['node-01']);
  }, 30_000);

  test('post-copy waits for TCP’s own time-out, and then the guest is lost', async () => {
    const hot = {
      ...QUIET,
      memoryBytes: 8 * GIB,
      workload: {
        kind: 'regions' as const,
        regions: [
          {
            name: 'hot',
            bytes: 8 * GIB,
            filledShare: 1,
            compressedShare: 1,
            placement: { kind: 'spread' as const },
            writes: { kind: 'random' as const, pagesPerSecond: 5_000_000 },
            phases: [],
            pacedBy: 'cpu' as const,
          },
        ],
      },
    };
    const migrations = {
      allowPostCopy: true,
      allowWorkloadDisruption: true,
      completionTimeoutPerGiB: 2,
      bandwidthPerMigrationBytesPerSecond: 2 ** 29,
    };
    const usual = await move({ guests: [hot], migrations });
    const switched = usual.decisions.find((one) => one.action === 'target resumed')?.atUs ?? 0;
    expect(switched).toBeGreaterThan(0);
    const event = { kind: 'link-down' as const, atUs: switched + SECOND_US, link: 'nic/node-01' };
    const cut = (seconds: number) =>
      move({ guests: [hot], migrations, events: [{ ...event, forUs: seconds * SECOND_US }] });
    expect((await cut(40)).migrations.map((one) => one.outcome)).toEqual(['succeeded']);
    const lost = await cut(2000);
    expect(lost.guests.map((one) => one.outcome)).toEqual(['lost']);
    expect(((lost.migrations[0]?.endedUs ?? 0) - event.atUs) / SECOND_US).toBeCloseTo(924.6, 3);
  });

  test('a target that is lost in pre-copy costs a keep-alive, a lost source its guest', async () => {
    const lose = (node: string) =>
      move({
        events: [{ kind: 'node-lost', atUs: 15 * SECOND_US, node }],
        migrations: { completionTimeoutPerGiB: 10 },
      });
    const target = await lose('node-02');
    expect((target.migrations[0]?.endedUs ?? 0) / SECOND_US).toBeCloseTo(45, 3);
    expect(target.guests[0]?.outcome).not.toBe('lost');
    const source = await lose('node-01');
    expect(source.migrations[0]?.endedUs).toBe(15 * SECOND_US);
    expect(source.guests[0]?.outcome).toBe('lost');
  }, 30_000);
});
