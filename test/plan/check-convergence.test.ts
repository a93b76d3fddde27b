import { describe, expect, it } from 'vitest';
import type { Region } from '../../src/fleet/workload.js';
import { checkFleet } from '../../src/plan/check.js';
import type { Finding } from '../../src/plan/check-finding.js';
import { buildFleet, type FleetInput, GIB, type GuestInput } from '../fleet-builder.js';

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
