import { describe, expect, it } from 'vitest';
import type { Region } from '../../src/fleet/workload.js';
import { checkFleet } from '../../src/plan/check.js';
import type { Finding } from '../../src/plan/check-finding.js';
import {
  buildFleet,
  buildNic,
  buildVolume,
  type FleetInput,
  GIB,
  type GuestInput,
} from '../fleet-builder.js';

/** A guest that writes to all of its 8 GiB, faster than they can be sent. */
function wildGuest(name: string, pacedBy: Region['pacedBy']): GuestInput {
  const memoryBytes = 8 * GIB;
  const region: Region = {
    name: 'hot',
    bytes: memoryBytes,
    filledShare: 1,
    compressedShare: 1,
    placement: { kind: 'spread' },
    writes: { kind: 'random', pagesPerSecond: 1_000_000 },
    phases: [],
    pacedBy,
  };
  return { name, memoryBytes, workload: { kind: 'regions', regions: [region] } };
}

function found(input: FleetInput, check: Finding['check']): readonly Finding[] {
  return checkFleet(buildFleet(input), 1).findings.filter((one) => one.check === check);
}

describe('auto-converge in a check', () => {
  const guests = [wildGuest('cpu', 'cpu'), wildGuest('clock', 'clock')];
  const withAutoConverge = { migrations: { allowAutoConverge: true } };

  it('brings over a guest that its CPU paces, and says how far it is slowed', () => {
    const failing = (kubevirt: FleetInput['kubevirt'] = {}) =>
      found({ guests, kubevirt }, 'not-converging').map(({ subject }) => subject);
    expect(failing()).toEqual(['default/clock', 'default/cpu']);
    expect(failing(withAutoConverge)).toEqual(['default/clock']);
    const [slowed] = found({ guests, kubevirt: withAutoConverge }, 'slowed');
    expect(slowed).toMatchObject({ severity: 'note', subject: 'default/cpu' });
    expect(slowed?.finding).toMatch(
      /converges within .* auto-converge \(cluster\) leaving it \d+ %/,
    );
  });

  it('says that it was not enough for writes that the clock paces', () => {
    const [first] = found({ guests, kubevirt: withAutoConverge }, 'not-converging');
    expect(first?.finding).toMatch(/stand still with .* auto-converge \(cluster\) leaving it 1 %/);
  });

  it('takes the time that its steps need', () => {
    const migrations = { ...withAutoConverge.migrations, completionTimeoutPerGiB: 3 };
    const late = found({ guests, kubevirt: { migrations } }, 'not-converging');
    expect(late.map(({ subject }) => subject)).toContain('default/cpu');
    expect(late[1]?.finding).toMatch(/would take .* with auto-converge/);
  });

  it('holds every writer to its quota where the hosts have dirty-limit in its place', () => {
    const failing = (vcpuMBps: number) =>
      found(
        {
          guests,
          kubevirt: withAutoConverge,
          host: { dirtyTracking: 'dirty-ring', dirtyLimit: { vcpuMBps, periodUs: 1_000_000 } },
        },
        'not-converging',
      ).map(({ subject }) => subject);
    expect(failing(1)).toEqual([]);
    expect(failing(2000)).toEqual(['default/clock', 'default/cpu']);
  });
});

type Network = NonNullable<FleetInput['network']>;

describe('the way to the target in a check', () => {
  const rack = (name: string, zone: string | null) =>
    ({ name, zone, uplinkBytesPerSecond: null, uplinkMembers: 1 }) as const;
  const nics = [1, 2, 3, 4].map((n) => buildNic({ node: `node-0${n}`, rack: n < 3 ? 'a' : 'b' }));
  const wans = [{ from: 'east', to: 'west', bytesPerSecond: 10e6, roundTripTimeUs: 10_000 }];
  const acrossWan: Network = {
    nics,
    racks: [rack('a', 'east'), rack('b', 'west')],
    zones: ['east', 'west'].map((name) => ({ name, spineBytesPerSecond: null })),
    wans,
  };
  const fleet = (drained: readonly string[], network: Network) =>
    buildFleet({ nodes: 4, guests: [{ name: 'quiet' }], network, drain: { nodes: drained } });
  const told = (drained: readonly string[], network: Network) => {
    const { findings, widths } = checkFleet(fleet(drained, network), 1);
    return { widths, warnings: findings.filter(({ severity }) => severity === 'warning') };
  };

  it('is bound by the WAN that every target lies beyond', () => {
    const { widths, warnings } = told(['node-01', 'node-02'], acrossWan);
    expect(widths.map(({ bound }) => bound)).toEqual(Array.from({ length: 6 }, () => 'wan'));
    expect(warnings.map(({ check }) => check)).toEqual(['first-pass-too-slow']);
    // 10 MB/s, which as many share as may leave the zone at once: four.
    expect(warnings[0]?.finding).toMatch(/at 2\.38 MiB\/s \(wan\)/);
  });

  it('is not sure to converge where only some targets lie beyond it', () => {
    const { widths, warnings } = told(['node-01'], acrossWan);
    expect(widths[0]?.bound).not.toBe('wan');
    expect(warnings.map(({ check }) => check)).toEqual(['may-not-converge']);
    expect(warnings[0]?.finding).toMatch(/would take .* where it is sent to node-03 or beside it/);
  });

  it('is bound by the spine between racks, and by a narrower NIC at the other end', () => {
    const spine = { nics, racks: [rack('a', null), rack('b', null)], spineBytesPerSecond: 10e6 };
    expect(told(['node-01', 'node-02'], spine).widths[0]?.bound).toBe('spine');
    const slow = nics.map((nic) => ({
      ...nic,
      bytesPerSecond: nic.node < 'node-03' ? nic.bytesPerSecond : 1e6,
    }));
    const narrow = { ...spine, spineBytesPerSecond: null, nics: slow };
    expect(told(['node-01', 'node-02'], narrow).widths[0]?.bound).toBe('target');
  });
});

describe('mirrored disks in a check', () => {
  const migration = {
    sourceCapacityBytes: 10 * GIB,
    sourceRequestBytes: 10 * GIB,
    destinationCapacityBytes: 10 * GIB,
  };
  const told = (writeBytesPerSecond: number, input: FleetInput = {}) => {
    const volumes = [buildVolume({ name: 'data', migration, writeBytesPerSecond })];
    return found({ ...input, guests: [{ name: 'database', volumes }] }, 'mirror-behind');
  };
  const limited = { migrations: { bandwidthPerMigrationBytesPerSecond: 64 * 2 ** 20 } };

  it('blocks where a guest writes faster than its mirror can ever copy', () => {
    expect(told(50 * 2 ** 20, { kubevirt: limited })).toEqual([]);
    const [first] = told(80 * 2 ** 20, { kubevirt: limited });
    expect(first).toMatchObject({ severity: 'blocker', subject: 'default/database' });
    expect(first?.finding).toMatch(
      /80.0 MiB\/s to volume data, .* 64.0 MiB\/s .* never catches up/,
    );
    expect(told(80 * 2 ** 20)).toEqual([]);
  });

  it('warns where it would do alone, and not with its share of the links', () => {
    const network = {
      nics: [1, 2, 3].map((n) => buildNic({ node: `node-0${n}`, bytesPerSecond: 1e8 })),
    };
    expect(told(60e6, { network })[0]).toMatchObject({ severity: 'warning' });
    expect(told(110e6, { network })[0]).toMatchObject({ severity: 'blocker' });
  });

  it('finds nothing where writes wait for both ends', () => {
    const host = { storageCopyMode: 'write-blocking' } as const;
    expect(told(80 * 2 ** 20, { kubevirt: limited, host })).toEqual([]);
  });
});

describe('VFIO devices in a check', () => {
  const told = (stateBytes: number, dirtyTracking: 'device' | 'none', input: FleetInput = {}) => {
    const vfio = { stateBytes, precopy: null, dirtyTracking };
    return found({ ...input, guests: [{ name: 'accelerated', vfio }] }, 'not-converging')[0];
  };

  it('do not switch over with a state that does not fit the downtime limit', () => {
    expect(told(10e6, 'device')).toBeUndefined();
    const finding = told(8 * GIB, 'device');
    expect(finding?.finding).toMatch(/8.00 GiB of VFIO state have to fit the downtime limit/);
    expect(finding?.advice).toMatch(/VFIO refuses post-copy/);
    const migrations = { allowWorkloadDisruption: true, allowPostCopy: true };
    expect(told(8 * GIB, 'device', { kubevirt: { migrations } })?.finding).toMatch(/it is paused/);
  });

  it('leave all memory dirty where nobody logs what they write', () => {
    expect(told(0, 'none')?.finding).toMatch(/8.00 GiB left: nobody logs what its VFIO devices/);
  });
});
