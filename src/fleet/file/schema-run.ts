/** The drain, the control plane's times, the hosts, and what goes wrong, as a fleet file has it. */
import { z } from 'zod';
import {
  duration,
  fineDuration,
  flag,
  labels,
  nodesAtOnce,
  noun,
  number,
  objectName,
  pageRate,
  rate,
  share,
  size,
  whole,
} from './fields.js';

const oneOrMore = () => z.union([z.string(), z.array(z.string())]);

export const drain = noun({
  nodes: oneOrMore().describe('nodes or patterns (a-*)').optional(),
  selector: labels().describe('all nodes with these labels').optional(),
  racks: oneOrMore().describe('all nodes of these racks').optional(),
  method: z
    .enum(['evict', 'taint'])
    .describe("evict: kubectl drain; taint: KubeVirt's drain taint")
    .optional(),
  start: duration().optional(),
  timeout: duration().describe('the run ends here (default 24h)').optional(),
  retry: duration().describe('between two attempts to evict (default 5s)').optional(),
  order: z
    .enum(['name', 'listed', 'fewest-guests', 'most-guests', 'least-memory', 'most-memory'])
    .describe('whose turn comes first (default name)')
    .optional(),
  atOnce: nodesAtOnce().optional(),
  byRack: flag().describe('a rack is over before the next one begins').optional(),
  reboot: duration()
    .describe('from empty to schedulable again (default: nodes stay cordoned)')
    .optional(),
  soak: duration().describe("from a node's end until the next one begins").optional(),
  nodeTimeout: duration().describe('a node not empty after so long is blocked').optional(),
  ifBlocked: z
    .enum(['leave', 'uncordon', 'stop', 'restart'])
    .describe(
      'a node that cannot be emptied: left cordoned, taken back, the last one, or its guests restarted (default uncordon with reboot, else leave)',
    )
    .optional(),
  cordon: z
    .enum(['each', 'all'])
    .describe('at its turn, or all at the start (default each)')
    .optional(),
  window: noun({
    start: duration().describe("in place of the drain's start").optional(),
    end: duration().describe('from here on no further node begins'),
    atEnd: z
      .enum(['let-finish', 'stop-starting', 'abort'])
      .describe('what becomes of nodes under way (default let-finish)')
      .optional(),
  }).optional(),
});

export const timings = noun({
  scheduling: duration().describe("target pod's creation to scheduled").optional(),
  podStart: duration().describe('scheduled to ready').optional(),
  handOff: duration().describe('ready to hand-off to virt-handler').optional(),
  targetPreparation: duration().describe('domain and proxies on the target').optional(),
  migrateCall: duration().describe("source launcher called to QEMU's migrate").optional(),
  finalisation: duration().describe('guest runs on the target to shown there').optional(),
});

const sync = noun({ fixed: fineDuration().optional(), perGiB: fineDuration().optional() });

/** spec/qemu.md 2.5, 5, 9. */
export const host = noun({
  qemuVersion: z.string().describe("as '10.1' (default: the KubeVirt release's)").optional(),
  dirtyTracking: z.enum(['chunk-clear', 'sync-clear', 'dirty-ring']).optional(),
  sync: sync.optional(),
  setupSync: sync.optional(),
  chunkClear: fineDuration().optional(),
  zeroPageScan: pageRate().optional(),
  tlsChannel: rate().optional(),
  availSwitchover: rate()
    .describe("avail-switchover-bandwidth: the threshold's bandwidth (default: measured)")
    .optional(),
  storageCopyMode: z
    .enum(['background', 'write-blocking'])
    .describe('of mirrored disks; write-blocking: writes wait for both ends')
    .optional(),
  compressor: z
    .enum(['zstd', 'zlib', 'qatzip'])
    .describe("what compresses where KubeVirt's policy says zstd")
    .optional(),
  zstdChannel: rate().describe('what one thread compresses, plain bytes').optional(),
  zlibChannel: rate().optional(),
  qatzipChannel: rate().optional(),
  stop: fineDuration().optional(),
  deviceState: noun({ size: size().optional(), time: fineDuration().optional() }).optional(),
  preSwitchover: fineDuration().optional(),
  finish: fineDuration().optional(),
  busyVcpus: share().describe('of a guest: what a CPU limit leaves to the sender').optional(),
  socketBacklog: size().describe('held by sockets and proxies, drained in the pause').optional(),
  postcopy: noun({
    preempt: flag().describe('requested pages on a socket of their own (default true)').optional(),
    fault: fineDuration().describe("a fault's round trip besides network and page").optional(),
    queue: size()
      .describe('in sockets before a requested page, without preempt; beside QEMU’s own 128 KiB')
      .optional(),
    recovery: duration()
      .nullable()
      .describe('a broken post-copy is recovered so long after; null: never, as with KubeVirt')
      .optional(),
    place: fineDuration().describe('placing a page at the target').optional(),
    bandwidth: rate()
      .describe("max-postcopy-bandwidth: the background stream's limit, which KubeVirt never sets")
      .optional(),
  }).optional(),
  dirtyRing: whole(1024, 65_536).describe('entries a vCPU: a power of two').optional(),
  dirtyLimit: noun({
    vcpuRate: whole(1, 1_000_000).describe('quota of a vCPU, MB/s (default 1)').optional(),
    period: duration().describe('between two measurements (default 1s)').optional(),
  })
    .nullable()
    .describe(
      "QEMU's dirty-limit where KubeVirt has it auto-converge; needs dirtyTracking dirty-ring",
    )
    .optional(),
  dirtyRateFactorDuringMigration: number(0).optional(),
});

const linkName = () =>
  z.string().min(1).describe('nic/<node>/up, rack/<rack> (both ways), spine, …');

const guestName = () => z.string().describe('NAMESPACE/NAME');

export const event = z.discriminatedUnion('kind', [
  noun({ kind: z.literal('link-down'), at: duration(), link: linkName(), for: duration() }),
  noun({
    kind: z.literal('link-degraded'),
    at: duration(),
    link: linkName(),
    for: duration(),
    share: share().describe('of its capacity that is left'),
  }),
  noun({
    kind: z.literal('link-flapping'),
    at: duration(),
    link: linkName(),
    for: duration(),
    down: duration().describe('each time'),
    up: duration().describe('each time'),
  }),
  noun({
    kind: z.literal('packet-loss'),
    at: duration(),
    link: linkName(),
    for: duration(),
    loss: share().describe('of its packets'),
  }),
  noun({ kind: z.literal('nic-lost'), at: duration(), node: objectName() }),
  noun({ kind: z.literal('node-lost'), at: duration(), node: objectName() }),
  noun({
    kind: z.literal('network-partitioned'),
    at: duration(),
    nodes: oneOrMore().describe('nodes or patterns (a-*) that the others do not reach'),
    for: duration(),
  }),
  noun({
    kind: z.literal('virt-handler-restarted'),
    at: duration(),
    node: objectName(),
    for: duration(),
  }),
  noun({
    kind: z.literal('clock-off'),
    at: duration(),
    node: objectName(),
    ahead: duration().optional(),
    behind: duration().optional(),
  }),
  noun({ kind: z.literal('target-pod-lost'), at: duration(), guest: guestName() }),
  noun({ kind: z.literal('target-disk-full'), at: duration(), guest: guestName() }),
  noun({
    kind: z.literal('libvirt-restarted'),
    at: duration(),
    guest: guestName(),
    side: z.enum(['source', 'target']),
  }),
  noun({
    kind: z.literal('qemu-monitor-hangs'),
    at: duration(),
    guest: guestName(),
    for: duration(),
  }),
]);

export type TimingsField = z.output<typeof timings>;
export type HostField = z.output<typeof host>;
export type EventField = z.output<typeof event>;
