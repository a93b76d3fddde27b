/**
 * Settings and fleet. `settingsOf` reads them off a base's fleet, `fleetOf` puts them into it; what
 * is not changed stays as the base has it, to the last digit, so that a published case is that case.
 */
import { emptyPolicy } from '../fleet/defaults.js';
import type { Fleet, FleetNode, Guest } from '../fleet/model.js';
import type { BackgroundTraffic, NetworkSpec } from '../fleet/network-spec.js';
import { settingsFor } from '../kubevirt/policy.js';
import type { Base, Scenario } from './scenario.js';
import { isWritten, regionsOf } from './scenario-regions.js';
import { SETTINGS, type SettingKey, type Settings } from './settings.js';

const MIB = 2 ** 20;
const MBIT_BYTES_PER_SECOND = 125_000;
const MINUTE_US = 60_000_000;
/** A migration of KubeVirt 1.9 has eight multifd connections (spec/kubevirt.md 1.5). */
const CONNECTIONS_OF_A_MIGRATION = 8;
const DOWNTIME_TUNING_GATE = 'MigrationDowntimeTuning';
const STALL_DETECTION_GATE = 'MigrationStallDetection';

/** The base's guest: the only one that it drains. */
export function guestOf(fleet: Fleet): Guest {
  const guest = fleet.guests[0];
  if (guest === undefined) throw new Error(`the fleet ${fleet.name} has no guest`);
  return guest;
}

/** What the base's fleet says, setting by setting. */
export function settingsOf(base: Base): Settings {
  const { fleet } = base;
  const guest = guestOf(fleet);
  const inForce = settingsFor(fleet, guest);
  return {
    memoryMiB: guest.memoryBytes / MIB,
    filledPercent: filledPercent(guest),
    vcpus: guest.vcpus,
    writesFactor: 1,
    sizeFactor: 1,
    hotPercent: 10,
    hotWrites: 0.5,
    coldWrites: 1e-4,
    burstEverySeconds: 0,
    burstLengthSeconds: 20,
    burstFactor: 5,
    linkMbit: rounded((fleet.network.nics[0]?.bytesPerSecond ?? 0) / MBIT_BYTES_PER_SECOND),
    rttUs: fleet.network.roundTripTimeUs,
    neighbours: 0,
    bandwidthMiB: inForce.bandwidthPerMigrationBytesPerSecond / MIB,
    completionTimeoutPerGiB: inForce.completionTimeoutPerGiB,
    progressTimeout: inForce.progressTimeout,
    autoConverge: Number(inForce.allowAutoConverge),
    postCopy: Number(inForce.allowPostCopy),
    disruption: Number(inForce.allowWorkloadDisruption),
    maxDowntimeMs: inForce.maxDowntimeMs,
    downtimeTuning: Number(inForce.downtimeTuning !== null),
    stallDetection: Number(inForce.stallDetector !== null),
    timeLimitMinutes: fleet.drain.timeoutUs / MINUTE_US,
    seed: 1,
  };
}

/** Settings that this base has no use for: their sliders are not shown. */
export function idleSettings(base: Base): ReadonlySet<SettingKey> {
  return new Set<SettingKey>(
    base.custom ? ['writesFactor', 'sizeFactor'] : ['hotPercent', 'hotWrites', 'coldWrites'],
  );
}

/** The fleet that is simulated, and that the page gives as a fleet file. */
export function fleetOf({ base, settings }: Scenario): Fleet {
  const own = settingsOf(base);
  const changed = (...keys: readonly SettingKey[]): boolean =>
    keys.some((key) => settings[key] !== own[key]);
  if (!changed(...SETTINGS.map(({ key }) => key).filter((key) => key !== 'seed'))) {
    return base.fleet;
  }
  const { fleet } = base;
  const guest = guestOf(fleet);
  const memoryBytes = changed('memoryMiB') ? settings.memoryMiB * MIB : guest.memoryBytes;
  const regions = regionsOf(base, settings, changed, memoryBytes);
  const changedGuest: Guest = {
    ...guest,
    memoryBytes,
    vcpus: settings.vcpus,
    workload: { kind: 'regions', regions },
  };
  const network = networkOf(fleet.network, settings, changed);
  return withKubeVirt(
    {
      ...fleet,
      nodes: fleet.nodes.map((node) => withRoom(node, changedGuest)),
      guests: [changedGuest],
      network,
      drain: { ...fleet.drain, timeoutUs: Math.round(settings.timeLimitMinutes * MINUTE_US) },
    },
    settings,
    changed,
  );
}

/** What is shown while a slider moves: the first passes only, so that it is there at once. */
export function previewOf(scenario: Scenario): Fleet {
  const fleet = fleetOf(scenario);
  const { bandwidthMiB, linkMbit, neighbours } = scenario.settings;
  const share = (linkMbit * MBIT_BYTES_PER_SECOND) / (neighbours + 1);
  const bytesPerSecond = bandwidthMiB === 0 ? share : Math.min(share, bandwidthMiB * MIB);
  const passUs = (guestOf(fleet).memoryBytes / bytesPerSecond) * 1e6;
  const timeoutUs = Math.round(PREVIEW_PASSES * passUs) + MINUTE_US;
  return {
    ...fleet,
    drain: { ...fleet.drain, timeoutUs: Math.min(fleet.drain.timeoutUs, timeoutUs) },
  };
}

const PREVIEW_PASSES = 3;

/** Where the guest goes is not the question here: any of its nodes holds it. */
function withRoom(node: FleetNode, { memoryBytes, vcpus }: Guest): FleetNode {
  const { cpu = 0, memory = 0 } = node.allocatable;
  if (memory >= 2 * memoryBytes && cpu >= 2 * vcpus) return node;
  const allocatable = {
    ...node.allocatable,
    cpu: Math.max(cpu, 2 * vcpus),
    memory: Math.max(memory, 2 * memoryBytes),
  };
  return { ...node, allocatable };
}

export type Changed = (...keys: readonly SettingKey[]) => boolean;

function networkOf(network: NetworkSpec, settings: Settings, changed: Changed): NetworkSpec {
  const bytesPerSecond = settings.linkMbit * MBIT_BYTES_PER_SECOND;
  const nics = changed('linkMbit')
    ? network.nics.map((nic) => ({ ...nic, bytesPerSecond }))
    : network.nics;
  const [nic] = nics;
  if (nic === undefined) throw new Error('the fleet has no NIC');
  const background =
    settings.neighbours === 0
      ? network.background
      : [`nic/${nic.node}/up`, `proxy/${nic.node}`].map((link) =>
          neighbours(link, settings.neighbours, nic.bytesPerSecond),
        );
  return { ...network, nics, roundTripTimeUs: settings.rttUs, background };
}

/** Migrations that leave the node as well, and never end: they want all that the link has. */
function neighbours(link: string, count: number, bytesPerSecond: number): BackgroundTraffic {
  return {
    link,
    profile: { kind: 'constant', bytesPerSecond },
    connections: count * CONNECTIONS_OF_A_MIGRATION,
    priority: 'fair',
    reservedShare: 0,
  };
}

/** The cluster's configuration; gates, and a policy where one is needed for what they guard. */
function withKubeVirt(fleet: Fleet, settings: Settings, changed: Changed): Fleet {
  const migrations = {
    ...fleet.kubevirt.migrations,
    bandwidthPerMigrationBytesPerSecond: settings.bandwidthMiB * MIB,
    completionTimeoutPerGiB: settings.completionTimeoutPerGiB,
    progressTimeout: settings.progressTimeout,
    allowAutoConverge: settings.autoConverge === 1,
    allowPostCopy: settings.postCopy === 1,
    allowWorkloadDisruption: settings.disruption === 1,
    maxDowntimeMs: settings.maxDowntimeMs,
  };
  // The base's own policies are in force until one of what they hold is changed.
  const policies = changed('maxDowntimeMs', 'downtimeTuning', ...POLICY_KEYS)
    ? policiesOf(fleet, settings)
    : fleet.policies;
  const gates = fleet.kubevirt.featureGates.filter(
    (gate) => gate !== DOWNTIME_TUNING_GATE && gate !== STALL_DETECTION_GATE,
  );
  const featureGates = changed('downtimeTuning', 'stallDetection')
    ? [
        ...gates,
        ...(settings.downtimeTuning === 1 ? [DOWNTIME_TUNING_GATE] : []),
        ...(settings.stallDetection === 1 ? [STALL_DETECTION_GATE] : []),
      ]
    : fleet.kubevirt.featureGates;
  return { ...fleet, policies, kubevirt: { ...fleet.kubevirt, featureGates, migrations } };
}

const POLICY_KEYS: readonly SettingKey[] = [
  'bandwidthMiB',
  'completionTimeoutPerGiB',
  'autoConverge',
  'postCopy',
  'disruption',
];

function policiesOf(fleet: Fleet, settings: Settings): Fleet['policies'] {
  if (settings.downtimeTuning === 0) return [];
  const labels = guestOf(fleet).labels;
  return [
    {
      ...emptyPolicy('playground', labels),
      downtimeTuning: {
        initialMs: null,
        steps: null,
        startAfterIteration: null,
        cooldownSeconds: null,
      },
    },
  ];
}

function filledPercent({ workload, memoryBytes }: Guest): number {
  if (workload.kind !== 'regions') throw new Error('a base has regions, not observations');
  const filled = workload.regions.reduce(
    (sum, region) => sum + region.bytes * (isWritten(region) ? 1 : region.filledShare),
    0,
  );
  return rounded((filled / memoryBytes) * 100);
}

/** A slider shows no more; the base's own value stays what it is (see `changed`). */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
