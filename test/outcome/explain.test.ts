/** `sluice explain`: settings with their sources, limits, libvirt's call, eviction. */
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/fleet/input-error.js';
import type { Fleet } from '../../src/fleet/model.js';
import { type Explanation, explainGuest } from '../../src/outcome/explain.js';
import { explainLines } from '../../src/outcome/explain-text.js';
import { findGuest } from '../../src/outcome/find-guest.js';
import { buildFleet, type FleetInput, GIB, type GuestInput } from '../fleet-builder.js';

function explain(guest: Partial<GuestInput>, fleet: FleetInput = {}): Explanation {
  const built: Fleet = buildFleet({ ...fleet, guests: [{ name: 'db', ...guest }] });
  return explainGuest(built, findGuest(built, 'default/db'));
}

const settingOf = (explanation: Explanation, name: string) =>
  explanation.settings.find((setting) => setting.name === name);

describe('settings', () => {
  it('tells default, cluster and policy apart', () => {
    const explanation = explain(
      { labels: { tier: 'gold' } },
      {
        kubevirt: { migrations: { progressTimeout: 60 } },
        policies: [
          {
            name: 'gold',
            selectors: { namespace: null, virtualMachineInstance: { tier: 'gold' } },
            completionTimeoutPerGiB: 20,
          },
        ],
      },
    );
    expect(explanation.policy).toBe('gold');
    expect(settingOf(explanation, 'completionTimeoutPerGiB')).toMatchObject({
      value: 20,
      source: 'policy gold',
    });
    expect(settingOf(explanation, 'progressTimeout')).toMatchObject({
      value: 60,
      source: 'cluster',
    });
    expect(settingOf(explanation, 'allowPostCopy')).toMatchObject({
      value: false,
      source: 'default',
    });
  });

  it('names each option of the stall detector with its own source', () => {
    const explanation = explain(
      { labels: { tier: 'gold' } },
      {
        kubevirt: { featureGates: ['MigrationStallDetection'] },
        policies: [
          {
            name: 'gold',
            selectors: { namespace: null, virtualMachineInstance: { tier: 'gold' } },
            stallDetector: {
              stallMargin: 9,
              stallProgressTimeout: null,
              switchoverTimeout: null,
              ewmaAlpha: '1.2345',
              precopyPossibleFactor: null,
              patienceWindowDecayFactor: null,
              searchLocalMinima: null,
              completionTimeoutFactor: null,
            },
          },
        ],
      },
    );
    expect(settingOf(explanation, 'stallDetector.stallMargin')).toMatchObject({
      value: 9,
      source: 'policy gold',
    });
    expect(settingOf(explanation, 'stallDetector.switchoverTimeout')).toMatchObject({
      value: 60,
      source: 'default',
    });
    expect(explanation.warnings).toEqual([
      'policy gold: stallDetector.ewmaAlpha 1.2345 is not above 0 and up to 1',
      'policy gold: stallDetector.ewmaAlpha 1.2345 has more than 3 decimals',
    ]);
  });

  it('gives no policy for labels to a VMI that has none', () => {
    const selectors = { namespace: null, virtualMachineInstance: { tier: 'gold' } };
    const explanation = explain({}, { policies: [{ name: 'gold', selectors }] });
    expect(explanation.policy).toBe('');
    expect(explainLines(explanation).join('\n')).toContain('no policy matches');
  });
});

describe('limits', () => {
  it('counts decimal GB, rounded up: 8 GiB are 9', () => {
    const explanation = explain({ memoryBytes: 8 * GIB });
    expect(explanation.dataSizeGB).toBe(9);
    expect(explanation.limits).toEqual([
      { name: 'completion', seconds: 1350, effect: 'abort (completion timeout)' },
      { name: 'no progress', seconds: 150, effect: 'abort (stuck)' },
    ]);
    expect(explanation.downtimeLimit).toMatch(/^300 ms, QEMU's own/);
  });

  it('doubles the limit where the guest may be paused; VFIO gets the big downtime', () => {
    const disruption = { kubevirt: { migrations: { allowWorkloadDisruption: true } } };
    const plain = explain({ memoryBytes: 8 * GIB }, disruption);
    expect(plain.limits.map(({ seconds }) => seconds)).toEqual([1350, 2700, 150]);
    expect(plain.limits[0]?.effect).toBe('guest suspended, limit doubled');
    const interfaces = [{ name: 'fast', binding: 'sriov', plugin: '', podNetwork: false }] as const;
    const vfio = explain({ memoryBytes: 8 * GIB, interfaces }, disruption);
    expect(vfio.limits[0]?.effect).toBe('downtime limit 2000000 ms, limit doubled');
  });
});

describe('libvirt, volumes, eviction', () => {
  it('shows the flags and parameters of a block migration', () => {
    const volume = {
      device: 'disk',
      readOnly: false,
      hostDiskShared: false,
      persistentReservation: false,
      writeBytesPerSecond: 0,
    } as const;
    const claim = {
      name: 'data',
      accessModes: ['ReadWriteOnce'],
      capacityBytes: 10 * GIB,
      requestBytes: 10 * GIB,
      volumeMode: 'Block',
    } as const;
    const explanation = explain(
      {
        migrationMethod: 'BlockMigration',
        volumes: [
          {
            ...volume,
            name: 'data',
            source: 'persistentVolumeClaim',
            claim,
            bytes: 10 * GIB,
            migration: {
              sourceCapacityBytes: 10 * GIB,
              sourceRequestBytes: 10 * GIB,
              destinationCapacityBytes: 10 * GIB,
            },
          },
          {
            ...volume,
            name: 'cloud',
            source: 'cloudInitNoCloud',
            claim: null,
            bytes: 1_048_576,
            migration: null,
          },
        ],
      },
      {
        kubevirt: {
          migrations: { allowPostCopy: true, bandwidthPerMigrationBytesPerSecond: 100_000_000 },
        },
      },
    );
    expect(explanation.libvirtFlags).toContain('NON_SHARED_INC');
    expect(explanation.libvirtFlags).toContain('POSTCOPY');
    expect(explanation.libvirtParameters).toMatchObject({
      bandwidthMiBps: 95,
      migrateDisks: ['data', 'cloud'],
    });
    expect(explanation.volumes.map((one) => `${one.name} ${one.class} ${one.copied}`)).toEqual([
      'data local true',
      'cloud generated true',
    ]);
    // 8 GiB of memory, 10 GiB of disk and 1 MiB of cloud-init: 19.33 decimal GB.
    expect(explanation.dataSizeGB).toBe(20);
  });

  it("gives KubeVirt's reason and what an eviction would do", () => {
    const explanation = explain({
      hostDevices: ['vendor.com/x'],
      evictionStrategy: 'LiveMigrate',
      liveMigratable: null,
    });
    expect(explanation.migratable).toMatchObject({
      status: false,
      reason: 'HostDeviceNotLiveMigratable',
    });
    expect(explanation.eviction).toMatchObject({
      source: 'guest',
      kubectlDrain: 'denied (429) for ever: it blocks the drain',
      drainTaint: 'it stays',
    });
  });

  it("shows budgets: the users', and KubeVirt's own up to release 1.5", () => {
    const guest = { evictionStrategy: 'LiveMigrate', labels: { app: 'db' } } as const;
    const disruptionBudgets = [
      { namespace: 'default', name: 'db', matchLabels: { app: 'db' }, disruptionsAllowed: 1 },
      { namespace: 'default', name: 'web', matchLabels: { app: 'web' }, disruptionsAllowed: 1 },
    ];
    const budgets = (release: string) =>
      explain(guest, { disruptionBudgets, kubevirt: { release } }).eviction.disruptionBudgets;
    expect(budgets('1.9')).toEqual(['db, 1 allowed']);
    expect(budgets('1.5')).toEqual([
      "KubeVirt's own, minAvailable 1 (2 while it migrates)",
      'db, 1 allowed',
    ]);
  });

  it('requests what the target pod will', () => {
    const explanation = explain({ memoryBytes: 8 * GIB, vcpus: 4 });
    expect(explanation.launcherRequests.memory).toBe(8 * GIB + explanation.memoryOverheadBytes);
    expect(explanation.launcherRequests.cpu).toBe(0.4);
  });
});

describe('--guest', () => {
  const fleet = buildFleet({ guests: [{ name: 'database' }, { name: 'web' }] });
  it.each([
    [
      'default/databse',
      'no guest "default/databse" in this fleet; did you mean "default/database"?',
    ],
    ['databse', '"databse" is not NAMESPACE/NAME; did you mean "default/database"?'],
    ['x/y', 'no guest "x/y" in this fleet'],
  ])('%s is told with the one that was meant', (wanted, problem) => {
    expect(() => findGuest(fleet, wanted)).toThrow(new InputError('--guest', '', problem));
  });
});
