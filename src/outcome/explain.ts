/** What Sluice knows of one guest before anything is simulated: `sluice explain`. */
import type { EvictionStrategy, Fleet, Guest, LiveMigratableCondition } from '../fleet/model.js';
import { guestDataSizeGB } from '../kubevirt/data-size.js';
import { evictionVerdict, taintVerdict } from '../kubevirt/eviction-webhook.js';
import { matchesLabels } from '../kubevirt/label-matching.js';
import { launcherRequests, memoryOverheadBytes } from '../kubevirt/launcher-requests.js';
import { libvirtFlags } from '../kubevirt/libvirt-flags.js';
import { bandwidthMiBps, libvirtParameters } from '../kubevirt/libvirt-parameters.js';
import { liveMigratable } from '../kubevirt/migratable.js';
import { launcherLabels } from '../kubevirt/pod-class.js';
import { type MigrationSettings, settingsFor } from '../kubevirt/policy.js';
import { policyAdmissionWarnings } from '../kubevirt/policy-admission.js';
import { releaseProfile } from '../kubevirt/release.js';
import { classifyVolumes } from '../kubevirt/volume-classes.js';
import type { Compressor } from '../qemu/compression.js';
import {
  isQemuFlag,
  type LibvirtMigration,
  type QemuMigration,
  qemuMigration,
} from '../qemu/libvirt-migration.js';
import { copiedVolumes, ephemeralBytes, hasVfio } from '../simulation/migration-setup.js';
import { type ExplainedLimit, explainDowntimeLimit, explainLimits } from './explain-limits.js';
import { type ExplainedSetting, explainSettings } from './explain-settings.js';

export interface ExplainedVolume {
  readonly name: string;
  readonly source: string;
  /** KubeVirt's class; `local` is copied, `unclassified` as well where it is a writable disk. */
  readonly class: 'shared' | 'generated' | 'local' | 'unclassified';
  readonly copied: boolean;
  readonly bytes: number;
}

export interface Explanation {
  readonly namespace: string;
  readonly name: string;
  /** '' when it does not run. */
  readonly node: string;
  readonly memoryBytes: number;
  readonly release: string;
  /** '' for none. */
  readonly policy: string;
  readonly settings: readonly ExplainedSetting[];
  /** Decimal GB, rounded up. */
  readonly dataSizeGB: number;
  readonly vfio: boolean;
  readonly limits: readonly ExplainedLimit[];
  readonly downtimeLimit: string;
  readonly libvirtFlags: readonly string[];
  readonly libvirtParameters: Readonly<Record<string, string | number | readonly string[] | null>>;
  /** What libvirt then tells the source's QEMU. */
  readonly qemu: QemuMigration;
  readonly volumes: readonly ExplainedVolume[];
  readonly migratable: LiveMigratableCondition & { readonly source: string };
  readonly eviction: {
    readonly strategy: EvictionStrategy;
    readonly source: string;
    readonly kubectlDrain: string;
    readonly drainTaint: string;
    /** PodDisruptionBudgets over its launcher: the users', and KubeVirt's own of old releases. */
    readonly disruptionBudgets: readonly string[];
  };
  readonly launcherRequests: Readonly<Record<string, number>>;
  readonly memoryOverheadBytes: number;
  /** What KubeVirt's admission would refuse in the policy, and the like. */
  readonly warnings: readonly string[];
}

/** Nothing is drawn and nothing runs: the same rules that the simulation starts from. */
export function explainGuest(fleet: Fleet, guest: Guest): Explanation {
  const settings = settingsFor(fleet, guest);
  const vfio = hasVfio(guest);
  const dataSizeGB = guestDataSizeGB(guest, ephemeralBytes(guest));
  const policy = fleet.policies.find(({ name }) => name === settings.policyName);
  return {
    namespace: guest.namespace,
    name: guest.name,
    node: guest.node ?? '',
    memoryBytes: guest.memoryBytes,
    release: fleet.kubevirt.release,
    policy: settings.policyName,
    settings: explainSettings(fleet, settings),
    dataSizeGB,
    vfio,
    limits: explainLimits(settings, dataSizeGB, vfio),
    downtimeLimit: explainDowntimeLimit(settings),
    ...libvirtCall(guest, settings, fleet.host.compressor),
    volumes: explainVolumes(guest),
    migratable: explainMigratable(fleet, guest),
    eviction: explainEviction(fleet, guest),
    launcherRequests: Object.fromEntries(launcherRequests(guest, fleet.kubevirt)),
    memoryOverheadBytes: memoryOverheadBytes(guest, fleet.kubevirt),
    warnings: policy === undefined ? [] : policyAdmissionWarnings(fleet.kubevirt, policy),
  };
}

/** Disks go by their volumes' names: their names in the guest (`vda`) are not known. */
function libvirtCall(
  guest: Guest,
  settings: MigrationSettings,
  compressor: Compressor,
): Pick<Explanation, 'libvirtFlags' | 'libvirtParameters' | 'qemu'> {
  const migrateDisks = copiedVolumes(guest).map(({ name }) => name);
  const { compression, multifdChannels: parallelMigrationThreads } = settings;
  const flags = libvirtFlags({
    isBlockMigration: isBlockMigration(guest),
    migratePaused: false,
    unsafeMigration: settings.unsafeMigrationOverride,
    allowAutoConverge: settings.allowAutoConverge,
    allowPostCopy: settings.allowPostCopy,
    parallelMigrationThreads,
    compression,
  });
  return {
    libvirtFlags: flags,
    qemu: withCompressor(qemuMigration(qemuSide(flags, settings), LIBVIRT), compressor),
    libvirtParameters: {
      ...libvirtParameters({
        bandwidthBytesPerSecond: settings.bandwidthPerMigrationBytesPerSecond,
        parallelMigrationThreads,
        compression,
        migrateDisks,
        domainName: `${guest.namespace}_${guest.name}`,
        vmiUid: 'UID',
        shareFolder: '/var/run/kubevirt',
      }),
    },
  };
}

/** The rules of its releases are known from 9.0 and 11.3; KubeVirt's own is nearer to the latter. */
const LIBVIRT = { major: 11, minor: 3 };

function qemuSide(
  flags: readonly string[],
  { compression, multifdChannels, bandwidthPerMigrationBytesPerSecond: limit }: MigrationSettings,
): LibvirtMigration {
  const isParallel = multifdChannels > 0;
  const zstd = isParallel && compression === 'zstd';
  return {
    flags: flags.filter(isQemuFlag).filter((flag) => flag !== 'COMPRESSED' || zstd),
    bandwidth: bandwidthMiBps(limit) ?? 0,
    ...(isParallel ? { parallelConnections: multifdChannels } : {}),
    ...(zstd ? { compression: 'zstd' } : {}),
  };
}

/** The hosts may have another compressor where KubeVirt asks for zstd. */
function withCompressor(qemu: QemuMigration, compressor: Compressor): QemuMigration {
  const { parameters } = qemu;
  if (parameters['multifd-compression'] === undefined) return qemu;
  return { ...qemu, parameters: { ...parameters, 'multifd-compression': compressor } };
}

function isBlockMigration(guest: Guest): boolean {
  return (
    guest.migrationMethod === 'BlockMigration' ||
    guest.volumes.some(({ migration }) => migration !== null)
  );
}

function explainVolumes(guest: Guest): readonly ExplainedVolume[] {
  const migrated = new Set(
    guest.volumes.filter(({ migration }) => migration !== null).map(({ name }) => name),
  );
  const classes = classifyVolumes(guest.volumes, migrated);
  const copied = new Set(copiedVolumes(guest).map(({ name }) => name));
  return guest.volumes.map(({ name, source, bytes }) => ({
    name,
    source,
    class: classes.shared.has(name)
      ? 'shared'
      : classes.generated.has(name)
        ? 'generated'
        : classes.localToMigrate.has(name)
          ? 'local'
          : 'unclassified',
    copied: copied.has(name),
    bytes,
  }));
}

function explainMigratable(fleet: Fleet, guest: Guest): Explanation['migratable'] {
  const source = guest.liveMigratable === null ? "KubeVirt's rules" : 'condition of the VMI';
  return { ...liveMigratable(fleet, guest), source };
}

/** spec/kubevirt.md 6, 11: for VMIs that an eviction would mark. */
function ownBudget(
  fleet: Fleet,
  strategy: EvictionStrategy,
  migratable: boolean,
): readonly string[] {
  const verdict = evictionVerdict(strategy, migratable);
  if (!releaseProfile(fleet.kubevirt).disruptionBudgets || verdict === 'allow') return [];
  return ["KubeVirt's own, minAvailable 1 (2 while it migrates)"];
}

function userBudgets(fleet: Fleet, guest: Guest): readonly string[] {
  const labels = launcherLabels(guest);
  return fleet.disruptionBudgets
    .filter(
      ({ namespace, matchLabels }) =>
        namespace === guest.namespace && matchesLabels(matchLabels, labels),
    )
    .map(({ name, disruptionsAllowed }) => `${name}, ${disruptionsAllowed} allowed`);
}

const KUBECTL_DRAIN = {
  allow: 'evicted: the guest is shut down',
  mark: 'denied (429), marked for evacuation: it migrates',
  deny: 'denied (429) for ever: it blocks the drain',
  external: 'denied (429), marked, left to an external controller',
} as const;

function explainEviction(fleet: Fleet, guest: Guest): Explanation['eviction'] {
  const strategy = guest.evictionStrategy ?? fleet.kubevirt.evictionStrategy;
  const migratable = liveMigratable(fleet, guest).status;
  return {
    strategy,
    source: guest.evictionStrategy === null ? 'cluster' : 'guest',
    kubectlDrain: KUBECTL_DRAIN[evictionVerdict(strategy, migratable)],
    drainTaint: taintVerdict(strategy, migratable) === 'mark' ? 'it migrates' : 'it stays',
    disruptionBudgets: [...ownBudget(fleet, strategy, migratable), ...userBudgets(fleet, guest)],
  };
}
