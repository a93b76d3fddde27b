/** Random fleets with everything on: write processes, settings, gates, disks, faults; by seed. */
import type { Fleet, FleetEvent } from '../../src/fleet/model.js';
import { seededUnit } from '../../src/fleet/seeded.js';
import type { Placement, Region, WriteProcess } from '../../src/fleet/workload.js';
import { buildFleet, buildVolume, GIB, type GuestInput, SECOND_US } from '../fleet-builder.js';

const MIB = 2 ** 20;

interface Draw {
  unit(): number;
  upTo(most: number): number;
  pick<T>(choices: readonly T[]): T;
  chance(probability: number): boolean;
}

function drawOf(seed: number): Draw {
  let count = 0;
  const unit = (): number => {
    count += 1;
    return seededUnit(seed, count);
  };
  return {
    unit,
    upTo: (most) => Math.floor(unit() * most),
    pick: <T>(choices: readonly T[]) => choices[Math.floor(unit() * choices.length)] as T,
    chance: (probability) => unit() < probability,
  };
}

export function randomFleet(seed: number): Fleet {
  const draw = drawOf(seed);
  return buildFleet({
    nodes: 3 + draw.upTo(3),
    guests: Array.from({ length: 1 + draw.upTo(6) }, (_, i) => randomGuest(draw, i)),
    kubevirt: {
      featureGates: ['MigrationStallDetection', 'MigrationDowntimeTuning'].filter(() =>
        draw.chance(0.4),
      ),
      migrations: {
        bandwidthPerMigrationBytesPerSecond: draw.pick([0, 32, 256, 1024]) * MIB,
        parallelMigrationsPerCluster: 1 + draw.upTo(5),
        parallelOutboundMigrationsPerNode: 1 + draw.upTo(3),
        allowAutoConverge: draw.chance(0.4),
        allowPostCopy: draw.chance(0.4),
        allowWorkloadDisruption: draw.chance(0.5),
        completionTimeoutPerGiB: draw.pick([1, 5, 20, 150]),
        progressTimeout: draw.pick([5, 150]),
        disableTLS: draw.chance(0.5),
        maxDowntimeMs: draw.pick([200, 900, 3000]),
      },
    },
    policies: draw.chance(0.5)
      ? [
          {
            name: 'everything',
            selectors: { namespace: {}, virtualMachineInstance: null },
            compression: draw.pick([null, 'zstd']),
            downtimeTuning: {
              initialMs: 150,
              steps: 3,
              startAfterIteration: 2,
              cooldownSeconds: 5,
            },
          },
        ]
      : [],
    host: {
      dirtyTracking: draw.pick(['chunk-clear', 'sync-clear', 'dirty-ring'] as const),
      qemuVersion: draw.pick(['7.2', '9.1', '10.1', '10.2', '11.1']),
    },
    drain: {
      nodes: draw.chance(0.5) ? ['node-01'] : ['node-01', 'node-02'],
      timeoutUs: 1800 * SECOND_US,
      method: draw.pick(['evict', 'taint'] as const),
    },
    events: draw.chance(0.4) ? [randomEvent(draw)] : [],
  });
}

function randomGuest(draw: Draw, index: number): GuestInput {
  const memoryBytes = Math.floor((0.2 + draw.unit() * 20) * 1024) * MIB;
  const workingSet = Math.max(1, Math.floor((memoryBytes * draw.unit()) / 4096)) * 4096;
  const rest: Region = {
    name: 'rest',
    bytes: memoryBytes - workingSet,
    filledShare: draw.unit(),
    compressedShare: 0.5,
    placement: { kind: 'spread' },
    writes: { kind: 'none' },
    phases: [],
    pacedBy: 'cpu',
  };
  return {
    name: `g${index}`,
    node: `node-0${1 + draw.upTo(2)}`,
    memoryBytes,
    evictionStrategy: draw.pick(['LiveMigrate', 'LiveMigrate', 'LiveMigrateIfPossible', 'None']),
    migrationMethod: 'BlockMigration',
    volumes: draw.chance(0.4) ? [randomDisk(draw)] : [],
    workload: { kind: 'regions', regions: [randomRegion(draw, workingSet), rest] },
  };
}

function randomDisk(draw: Draw) {
  const tooSmall = draw.chance(0.1);
  return buildVolume({
    name: 'data',
    source: 'dataVolume',
    bytes: draw.upTo(20) * GIB,
    device: 'disk',
    writeBytesPerSecond: draw.pick([0, 10, 400]) * MIB,
    migration: {
      sourceCapacityBytes: 20 * GIB,
      sourceRequestBytes: 20 * GIB,
      destinationCapacityBytes: (tooSmall ? 0.5 : 40) * GIB,
    },
  });
}

function randomRegion(draw: Draw, bytes: number): Region {
  const pagesPerSecond = Math.floor(10 ** (1 + draw.unit() * 5));
  const placement = draw.pick<Placement>([
    { kind: 'spread' },
    { kind: 'contiguous', at: draw.unit() },
    { kind: 'contiguous-seeded' },
  ]);
  const writes = draw.pick<WriteProcess>([
    { kind: 'none' },
    { kind: 'random', pagesPerSecond },
    { kind: 'hotcold', pagesPerSecond, hotShare: 0.2, hotWritesShare: 0.5 + draw.unit() / 2 },
    { kind: 'zipf', pagesPerSecond, exponent: 0.5 + draw.unit() },
    { kind: 'sweep', pagesPerSecond, startShare: draw.unit() },
  ]);
  return {
    name: 'working-set',
    bytes,
    filledShare: draw.chance(0.3) ? draw.unit() : 1,
    compressedShare: 0.2 + draw.unit() * 0.8,
    placement,
    writes,
    phases: draw.chance(0.4)
      ? [{ kind: 'periodic', periodUs: 20e6, startUs: 3e6, lengthUs: 5e6, factor: draw.unit() * 4 }]
      : [],
    pacedBy: draw.pick(['cpu', 'clock'] as const),
  };
}

function randomEvent(draw: Draw): FleetEvent {
  const atUs = draw.upTo(100) * SECOND_US;
  const forUs = (1 + draw.upTo(200)) * SECOND_US;
  const link = 'nic/node-01/up';
  return draw.pick<FleetEvent>([
    { kind: 'link-down', atUs, forUs, link },
    { kind: 'link-degraded', atUs, forUs, link, share: draw.unit() },
    { kind: 'node-lost', atUs, node: draw.pick(['node-01', 'node-02', 'node-03']) },
  ]);
}
