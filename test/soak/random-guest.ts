/** Random guests: memory, write processes, disks, devices, what they ask of nodes. */
import type { Guest } from '../../src/fleet/model.js';
import type { Phase, Placement, Region, WriteProcess } from '../../src/fleet/workload.js';
import { buildVolume, GIB, type GuestInput } from '../fleet-builder.js';
import type { Draw } from './draw.js';

const MIB = 2 ** 20;
const PAGE_BYTES = 4096;

/** What the whole fleet has or has not: each seed leaves much out, so that the rest meets often. */
export interface GuestTraits {
  readonly nodes: readonly string[];
  readonly largestGiB: number;
  readonly hasDisks: boolean;
  readonly hasPlacementRules: boolean;
  readonly isOdd: boolean;
}

export function randomGuest(draw: Draw, index: number, traits: GuestTraits): GuestInput {
  const memoryBytes = Math.max(1, Math.floor(traits.largestGiB * draw.unit() ** 2 * 1024)) * MIB;
  const labels: Record<string, string> = draw.chance(0.5)
    ? { app: draw.pick(['a', 'b', 'c']) }
    : {};
  if (draw.chance(0.1)) labels['kubevirt.io/outdatedLauncherImage'] = '';
  return {
    name: `g${index}`,
    namespace: draw.pick(['default', 'default', 'shop']),
    node: draw.pick(traits.nodes),
    labels,
    memoryBytes,
    vcpus: draw.pick([1, 2, 4, 16]),
    evictionStrategy: draw.pick([
      'LiveMigrate',
      'LiveMigrate',
      'LiveMigrate',
      'LiveMigrateIfPossible',
      'External',
      'None',
      null,
    ]),
    ...(traits.hasDisks && draw.chance(0.5) ? randomDisks(draw) : {}),
    ...(traits.hasPlacementRules ? randomPlacementRules(draw) : {}),
    ...(traits.isOdd ? randomOddities(draw) : {}),
    workload: randomWorkload(draw, memoryBytes),
  };
}

function randomWorkload(draw: Draw, memoryBytes: number): Guest['workload'] {
  if (draw.chance(0.1)) {
    return {
      kind: 'observed',
      filledBytes: Math.floor((memoryBytes * draw.unit()) / PAGE_BYTES) * PAGE_BYTES,
      dirtyRates: [1, 10, 30]
        .slice(draw.upTo(3))
        .map((windowSeconds) => ({ windowSeconds, bytesPerSecond: draw.upTo(400) * MIB })),
      compressedShare: draw.unit(),
    };
  }
  const pages = memoryBytes / PAGE_BYTES;
  const regions: Region[] = [];
  let left = pages;
  for (let i = 0; i < 3 && left > 1 && draw.chance(0.7); i += 1) {
    const own = Math.max(1, Math.floor(left * draw.unit()));
    if (own === left) break;
    regions.push(randomRegion(draw, `r${i}`, own * PAGE_BYTES));
    left -= own;
  }
  const rest = randomRegion(draw, 'rest', left * PAGE_BYTES);
  regions.push(draw.chance(0.6) ? { ...rest, writes: { kind: 'none' } } : rest);
  return { kind: 'regions', regions };
}

function randomRegion(draw: Draw, name: string, bytes: number): Region {
  return {
    name,
    bytes,
    filledShare: draw.chance(0.4) ? draw.unit() : draw.pick([0, 1, 1]),
    compressedShare: draw.pick([1, 0.5, draw.unit()]),
    placement: draw.pick<Placement>([
      { kind: 'spread' },
      { kind: 'contiguous', at: draw.unit() },
      { kind: 'contiguous-seeded' },
    ]),
    writes: randomWrites(draw),
    phases: draw.list(2, () => randomPhase(draw)),
    pacedBy: draw.pick(['cpu', 'clock'] as const),
  };
}

function randomWrites(draw: Draw): WriteProcess {
  const pagesPerSecond = draw.chance(0.05) ? 0 : Math.floor(10 ** (1 + draw.unit() * 5));
  return draw.pick<WriteProcess>([
    { kind: 'none' },
    { kind: 'random', pagesPerSecond },
    {
      kind: 'hotcold',
      pagesPerSecond,
      hotShare: draw.pick([0.1, draw.unit()]),
      hotWritesShare: draw.pick([0.9, draw.unit()]),
    },
    { kind: 'zipf', pagesPerSecond, exponent: 0.3 + draw.unit() * 1.5 },
    { kind: 'sweep', pagesPerSecond, startShare: draw.unit() },
  ]);
}

function randomPhase(draw: Draw): Phase {
  const factor = draw.pick([0, 0.5, 4, draw.unit() * 3]);
  if (draw.chance(0.5)) {
    const fromUs = draw.upTo(200) * 1_000_000;
    return { kind: 'once', fromUs, toUs: fromUs + (1 + draw.upTo(100)) * 1_000_000, factor };
  }
  const periodUs = (1 + draw.upTo(60)) * 1_000_000;
  return {
    kind: 'periodic',
    periodUs,
    startUs: draw.upTo(20) * 1_000_000,
    lengthUs: Math.floor(periodUs * draw.unit()),
    factor,
  };
}

function randomDisks(draw: Draw): Pick<GuestInput, 'migrationMethod' | 'volumes'> {
  const disks = [0, 1].slice(draw.upTo(2)).map((index) => {
    const bytes = draw.upTo(20) * GIB;
    const tooSmall = draw.chance(0.1);
    return buildVolume({
      name: `disk${index}`,
      source: 'dataVolume',
      bytes,
      device: draw.pick(['disk', 'disk', 'lun'] as const),
      readOnly: draw.chance(0.1),
      writeBytesPerSecond: draw.pick([0, 10, 400, 3000]) * MIB,
      migration: {
        sourceCapacityBytes: bytes,
        sourceRequestBytes: bytes,
        destinationCapacityBytes: (tooSmall ? 0.5 : 1) * bytes,
      },
    });
  });
  return { migrationMethod: 'BlockMigration', volumes: disks };
}

function randomPlacementRules(draw: Draw): Partial<GuestInput> {
  const selector = { matchLabels: { app: draw.pick(['a', 'b']) }, matchExpressions: [] };
  const term = {
    topologyKey: draw.pick(['kubernetes.io/hostname', 'rack']),
    selector,
    namespaces: [],
  };
  return {
    nodeSelector: draw.chance(0.2) ? { rack: draw.pick(['a', 'b']) } : {},
    affinity: {
      podAntiRequired: draw.chance(0.3) ? [term] : [],
      podAntiPreferred: draw.chance(0.3) ? [{ weight: draw.between(1, 100), term }] : [],
      podRequired: draw.chance(0.05) ? [term] : [],
    },
    tolerations: draw.chance(0.2)
      ? [{ key: 'dedicated', operator: 'Exists', value: '', effect: '' }]
      : [],
    topologySpread: draw.chance(0.2)
      ? [
          {
            maxSkew: draw.between(1, 2),
            topologyKey: term.topologyKey,
            whenUnsatisfiable: draw.pick(['DoNotSchedule', 'ScheduleAnyway'] as const),
            selector,
          },
        ]
      : [],
  };
}

/** What few guests have: devices, huge pages, dedicated CPUs, limits, a migration under way. */
function randomOddities(draw: Draw): Partial<GuestInput> {
  const limits = { resourceLimits: { cpu: draw.pick([1, 2, 8]) } };
  return draw.pick<Partial<GuestInput>>([
    {},
    {},
    { hugepageBytes: 2 * MIB },
    { hugepageBytes: GIB },
    { dedicatedCpus: true },
    limits,
    { migrating: true },
    { phase: 'Succeeded' },
    { phase: 'Failed' },
    { liveMigratable: { status: false, reason: 'DisksNotLiveMigratable', message: 'not shared' } },
    { liveMigratable: null },
    { hostDevices: ['vendor.example/fpga'] },
    { cpuModel: 'host-passthrough' },
    {
      vfio: {
        stateBytes: draw.upTo(400) * MIB,
        precopy: draw.pick([
          null,
          { initialBytes: draw.upTo(900) * MIB, dirtyBytesPerSecond: draw.upTo(50) * MIB },
        ]),
        dirtyTracking: draw.pick(['device', 'none', 'at-stop']),
      },
    },
    { evacuationNodeName: 'node-01' },
    {
      interfaces: [{ name: 'fast', binding: 'sriov', plugin: '', podNetwork: false }],
    },
  ]);
}
