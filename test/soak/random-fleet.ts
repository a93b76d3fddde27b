/** Random fleets with everything that a fleet file can say about a drain; by seed. */
import type {
  ClusterMigrationConfiguration,
  Fleet,
  HostProfile,
  MigrationPolicy,
  UserMigration,
} from '../../src/fleet/model.js';
import { buildFleet, type FleetInput, GIB, type NodeInput, SECOND_US } from '../fleet-builder.js';
import { type Draw, drawOf } from './draw.js';
import { randomGuest } from './random-guest.js';
import { randomEvent, randomNetwork } from './random-network.js';

const MIB = 2 ** 20;

/** Nodes are named by number in every fleet: what is drawn may name them. */
export function randomFleet(seed: number): Fleet {
  const draw = drawOf(seed, 'fleet');
  const nodes = randomNodes(draw);
  const names = nodes.map(({ name }) => name);
  const hasRacks = draw.chance(0.5);
  const traits = {
    nodes: names.slice(0, 3),
    largestGiB: draw.pick([0.5, 4, 20, 20, 500]),
    hasDisks: draw.chance(0.4),
    hasPlacementRules: draw.chance(0.3),
    isOdd: draw.chance(0.4),
  };
  const guests = Array.from({ length: draw.between(1, 7) }, (_, i) => randomGuest(draw, i, traits));
  const guestNames = guests.map(({ namespace, name }) => `${namespace}/${name}`);
  return buildFleet({
    name: `soak-${seed}`,
    nodes,
    guests,
    network: hasRacks || draw.chance(0.5) ? randomNetwork(draw, names) : {},
    kubevirt: randomKubeVirt(draw),
    policies: draw.list(1, (index) => randomPolicy(draw, index)),
    namespaces: draw.chance(0.2) ? [randomQuota(draw)] : [],
    otherPods: draw.list(2, (index) => randomPod(draw, index, names)),
    disruptionBudgets: draw.chance(0.1)
      ? [{ namespace: 'shop', name: 'b', matchLabels: { app: 'a' }, disruptionsAllowed: 0 }]
      : [],
    drain: {
      nodes: names.slice(0, draw.pick([1, 1, 2, 3])),
      method: draw.pick(['evict', 'taint'] as const),
      startUs: draw.pick([0, 0, 30 * SECOND_US]),
      timeoutUs: draw.pick([60, 300, 900, 3600]) * SECOND_US,
      ...randomTurns(drawOf(seed, 'turns'), names),
    },
    timings: draw.chance(0.2)
      ? { podStartUs: draw.upTo(20) * SECOND_US, finalisationUs: draw.upTo(5) * SECOND_US }
      : {},
    host: randomHost(draw),
    events: draw
      .list(draw.pick([0, 1, 3]), () => randomEvent(draw, names, guestNames))
      .sort((a, b) => a.atUs - b.atUs),
    userMigrations: draw.chance(0.3)
      ? draw.list(3, () => randomUserMigration(draw, guests)).sort((a, b) => a.atUs - b.atUs)
      : [],
  });
}

/** Half of the drains go over several nodes in turns. */
function randomTurns(draw: Draw, names: readonly string[]): Partial<Fleet['drain']> {
  if (draw.chance(0.5)) return {};
  return {
    nodes: draw.shuffle(names).slice(0, draw.between(1, 4)),
    order: draw.pick(['name', 'listed', 'most-memory', 'fewest-guests'] as const),
    atOnce: draw.pick([
      { kind: 'all' },
      { kind: 'nodes', count: 1 },
      { kind: 'nodes', count: 2 },
      { kind: 'share', share: 0.5 },
    ] as const),
    byRack: draw.chance(0.3),
    rebootUs: draw.pick([null, 0, 60 * SECOND_US, 600 * SECOND_US]),
    soakUs: draw.pick([0, 30 * SECOND_US]),
    nodeTimeoutUs: draw.pick([null, null, 60 * SECOND_US]),
    ifBlocked: draw.pick(['leave', 'uncordon', 'stop', 'restart'] as const),
    cordon: draw.pick(['each', 'each', 'all'] as const),
    window: draw.chance(0.4)
      ? {
          endUs: draw.between(31, 600) * SECOND_US,
          atEnd: draw.pick(['let-finish', 'stop-starting', 'abort'] as const),
        }
      : null,
  };
}

function randomNodes(draw: Draw): readonly NodeInput[] {
  const memoryGiB = draw.pick([2000, 2000, 64, 24]);
  const tainted = draw.chance(0.1);
  return Array.from({ length: draw.between(2, 6) }, (_, i) => {
    const name = `node-0${i + 1}`;
    return {
      name,
      labels: { 'kubernetes.io/hostname': name, rack: i % 2 === 0 ? 'a' : 'b' },
      taints:
        tainted && i > 2 ? [{ key: 'dedicated', value: 'x', effect: 'NoSchedule' as const }] : [],
      cordoned: draw.chance(0.05),
      ready: !draw.chance(0.03),
      allocatable: {
        cpu: draw.pick([64, 64, 8]),
        memory: memoryGiB * GIB,
        pods: 250,
        'hugepages-2Mi': memoryGiB * GIB,
        'hugepages-1Gi': memoryGiB * GIB,
      },
    };
  });
}

function randomKubeVirt(draw: Draw): NonNullable<FleetInput['kubevirt']> {
  const gates = ['MigrationStallDetection', 'MigrationDowntimeTuning', 'MigrationPriorityQueue'];
  return {
    release: draw.pick(['1.9', '1.9', '1.8', '1.6', '1.4']),
    evictionStrategy: draw.pick(['None', 'LiveMigrate'] as const),
    featureGates: gates.filter(() => draw.chance(0.4)).sort(),
    memoryOvercommit: draw.pick([100, 100, 150]),
    workloadUpdates: {
      methods: draw.chance(0.2) ? ['LiveMigrate', 'Evict'] : [],
      batchEvictionSize: draw.between(1, 10),
      batchEvictionIntervalUs: draw.pick([5, 60]) * SECOND_US,
    },
    migrations: randomLimits(draw),
  };
}

function randomLimits(draw: Draw): Partial<ClusterMigrationConfiguration> {
  const allowPostCopy = draw.chance(0.4);
  return {
    bandwidthPerMigrationBytesPerSecond: draw.pick([0, 0, 1, 32, 256, 1024]) * MIB,
    parallelMigrationsPerCluster: draw.between(1, 6),
    parallelOutboundMigrationsPerNode: draw.between(1, 4),
    allowAutoConverge: draw.chance(0.4),
    allowPostCopy,
    allowWorkloadDisruption: draw.chance(0.8) ? allowPostCopy : draw.chance(0.5),
    completionTimeoutPerGiB: draw.pick([0, 1, 5, 20, 150]),
    progressTimeout: draw.pick([0, 5, 150]),
    disableTLS: draw.chance(0.5),
    maxDowntimeMs: draw.pick([50, 200, 900, 3000]),
  };
}

function randomPolicy(draw: Draw, index: number): Partial<MigrationPolicy> & { name: string } {
  const tunes = draw.chance(0.5);
  const maybe = <T>(value: T): T | null => (draw.chance(0.4) ? value : null);
  return {
    name: `policy-${index}`,
    selectors: { namespace: {}, virtualMachineInstance: draw.chance(0.5) ? { app: 'a' } : null },
    allowAutoConverge: maybe(draw.chance(0.5)),
    bandwidthPerMigrationBytesPerSecond: maybe(draw.pick([0, 64, 512]) * MIB),
    completionTimeoutPerGiB: maybe(draw.pick([1, 30])),
    allowPostCopy: maybe(draw.chance(0.5)),
    maxDowntimeMs: maybe(draw.pick([100, 2000])),
    compression: maybe(draw.pick(['zstd', 'none'])),
    downtimeTuning: tunes
      ? {
          initialMs: draw.pick([null, 0, 150]),
          steps: draw.pick([null, 1, 3]),
          startAfterIteration: draw.pick([null, 0, 2]),
          cooldownSeconds: draw.pick([null, 1, 5]),
        }
      : null,
    stallDetector: tunes
      ? null
      : {
          stallMargin: draw.pick([null, 0, 10]),
          stallProgressTimeout: draw.pick([null, 2, 40]),
          switchoverTimeout: draw.pick([null, 1, 60]),
          ewmaAlpha: draw.pick([null, '0.4', '1']),
          precopyPossibleFactor: draw.pick([null, '1', '1.5']),
          patienceWindowDecayFactor: draw.pick([null, '0', '0.5']),
          searchLocalMinima: draw.pick([null, true, false]),
          completionTimeoutFactor: draw.pick([null, '1', '2']),
        },
  };
}

function randomQuota(draw: Draw) {
  const quota: Record<string, number> = draw.chance(0.5)
    ? { 'requests.memory': draw.between(1, 60) * GIB }
    : { pods: draw.between(1, 8) };
  return { name: 'shop', labels: {}, quota };
}

function randomPod(draw: Draw, index: number, nodes: readonly string[]) {
  return {
    namespace: 'default',
    name: `pod-${index}`,
    node: draw.pick(nodes),
    labels: draw.chance(0.5) ? { app: 'a' } : {},
    requests: { cpu: draw.between(1, 4), memory: draw.between(1, 40) * GIB },
    daemonSet: draw.chance(0.5),
  };
}

function randomHost(draw: Draw): Partial<HostProfile> {
  return {
    dirtyTracking: draw.pick(['chunk-clear', 'chunk-clear', 'sync-clear', 'dirty-ring'] as const),
    qemuVersion: draw.pick(['7.2', '9.1', '10.1', '10.2', '11.1']),
    ...(draw.chance(0.3)
      ? {
          postcopyPreempt: draw.chance(0.5),
          socketBacklogBytes: draw.pick([0, 10_000_000]),
          deviceStateBytes: draw.pick([0, 500_000_000]),
          syncUsPerGiB: draw.pick([0, 400.5, 20_000]),
          dirtyRateFactorDuringMigration: draw.pick([1, 2.5]),
        }
      : {}),
  };
}

function randomUserMigration(
  draw: Draw,
  guests: readonly { readonly name: string; readonly namespace?: string }[],
): UserMigration {
  const guest = draw.pick(guests);
  return {
    action: draw.chance(0.6) ? 'create' : 'delete',
    atUs: draw.upTo(200) * SECOND_US,
    namespace: guest.namespace ?? 'default',
    name: guest.name,
    annotations: {},
    addedNodeSelector: draw.chance(0.2) ? { rack: draw.pick(['a', 'b']) } : {},
  };
}
