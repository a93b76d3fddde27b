/** How a fleet is drained, what things cost in time, and what happens meanwhile (part of model.ts). */
import type { Labels } from './labels.js';

export interface DrainSpec {
  /** Node names, each once, as listed; from the file, or from --drain / --drain-selector. */
  readonly nodes: readonly string[];
  /** `evict`: kubectl drain (eviction, retried every 5 s); `taint`: nodeDrainTaintKey. */
  readonly method: 'evict' | 'taint';
  readonly startUs: number;
  /** The run ends here even when guests are left. Default 24 h. */
  readonly timeoutUs: number;
  /** Seconds between two eviction attempts of kubectl drain. */
  readonly retryUs: number;
  /** Whose turn comes first; counted when the drain begins, ties by name. */
  readonly order: DrainOrder;
  /** Nodes that are drained, rebooted or soaked at a time. */
  readonly atOnce: NodesAtOnce;
  /** The nodes of a rack are all over before the next rack begins. */
  readonly byRack: boolean;
  /** From empty to schedulable again; null: nodes stay cordoned. */
  readonly rebootUs: number | null;
  /** From a node's end (empty, or back) until its place is given to the next one. */
  readonly soakUs: number;
  /** A node that is not empty after so long is blocked; null: it is waited for. */
  readonly nodeTimeoutUs: number | null;
  readonly ifBlocked: IfBlocked;
  /** `all`: every node is cordoned from the start on, so that no guest moves to one of them. */
  readonly cordon: 'each' | 'all';
  /** null: no end but `timeoutUs`. */
  readonly window: MaintenanceWindow | null;
}

export type DrainOrder =
  | 'name'
  | 'listed'
  | 'fewest-guests'
  | 'most-guests'
  | 'least-memory'
  | 'most-memory';

export type NodesAtOnce =
  | { readonly kind: 'all' }
  | { readonly kind: 'nodes'; readonly count: number }
  /** Of the nodes to drain, rounded down, at least one (as maxUnavailable is). */
  | { readonly kind: 'share'; readonly share: number };

/**
 * A node whose guests cannot all leave: `leave` it cordoned and go on; `uncordon` it and go on;
 * `stop`: no further node begins; `restart`: what is left is shut down, and the node is empty.
 */
export type IfBlocked = 'leave' | 'uncordon' | 'stop' | 'restart';

/** It begins with the drain. */
export interface MaintenanceWindow {
  /** From here on no further node begins. */
  readonly endUs: number;
  /**
   * Nodes under way: `let-finish`; `stop-starting`: their migrations that run may end, no other
   * begins; `abort`: those that run are aborted as well.
   */
  readonly atEnd: 'let-finish' | 'stop-starting' | 'abort';
}

/** Times that the control plane takes; spec names them, clusters differ. Each a plain duration. */
export interface ControlPlaneTimings {
  /** Target pod creation to scheduled. */
  readonly schedulingUs: number;
  /** Scheduled to Ready. */
  readonly podStartUs: number;
  /** Ready to the VMI's hand-off to virt-handler. */
  readonly handOffUs: number;
  /** Target virt-handler and libvirt prepare the domain and the proxies. */
  readonly targetPreparationUs: number;
  /** Source launcher called to QEMU's migrate command. */
  readonly migrateCallUs: number;
  /** Target's `cont` to the VMI shown on its new node. */
  readonly finalisationUs: number;
}

/** Each vCPU's quota of dirtied memory, and how often it is measured (spec/qemu.md 3.5). */
export interface DirtyLimitSettings {
  readonly vcpuMBps: number;
  readonly periodUs: number;
}

/** What hosts and hypervisors cost; all stated parameters (spec/qemu.md 2.5, 5, 9). */
export interface HostProfile {
  /** QEMU's version as major.minor, e.g. `10.1`. */
  readonly qemuVersion: string;
  readonly dirtyTracking: 'chunk-clear' | 'sync-clear' | 'dirty-ring';
  readonly syncFixedUs: number;
  readonly syncUsPerGiB: number;
  readonly setupSyncFixedUs: number;
  readonly setupSyncUsPerGiB: number;
  readonly chunkClearUs: number;
  /** Pages a second that one thread can scan and find zero. */
  readonly zeroPageScanPagesPerSecond: number;
  /**
   * How disks are mirrored; KubeVirt leaves libvirt's default, background. write-blocking: the guest's
   * writes wait for both ends (spec/qemu.md 7.5).
   */
  readonly storageCopyMode: 'background' | 'write-blocking';
  /**
   * QEMU's avail-switchover-bandwidth, which KubeVirt never sets: the threshold follows it instead of
   * the last window's bandwidth (spec/qemu.md 1.4); 0: measured.
   */
  readonly availSwitchoverBytesPerSecond: number;
  /** One sender thread with TLS. */
  readonly tlsChannelBytesPerSecond: number;
  /** What compresses where KubeVirt asks for zstd; it never asks for another (spec/kubevirt.md 1.5). */
  readonly compressor: 'zstd' | 'zlib' | 'qatzip';
  /** One compressing thread: plain bytes that it takes in a second. */
  readonly zstdChannelBytesPerSecond: number;
  readonly zlibChannelBytesPerSecond: number;
  readonly qatzipChannelBytesPerSecond: number;
  /** vm_stop, block flush. */
  readonly stopUs: number;
  /** Device state in bytes, saved and loaded in the pause. */
  readonly deviceStateBytes: number;
  readonly deviceStateUs: number;
  /** libvirt: pre-switchover event to migrate-continue. */
  readonly preSwitchoverUs: number;
  /** libvirt: Perform's end to `cont` on the target. */
  readonly finishUs: number;
  /** Share of its vCPUs that a guest keeps busy: what a CPU limit leaves to the sender. */
  readonly busyVcpuShare: number;
  /** Sockets and proxies hold so much while the network limits; it drains in the pause. */
  readonly socketBacklogBytes: number;
  /** Post-copy: requested pages have a socket of their own (libvirt turns it on by itself). */
  readonly postcopyPreempt: boolean;
  /** A page fault's round trip besides the network's and the page's own transfer. */
  readonly postcopyFaultUs: number;
  /** Without preempt a requested page waits behind so much. */
  readonly postcopyQueueBytes: number;
  /**
   * A post-copy whose connection broke is recovered so long after, once the way is back; null: never,
   * as with KubeVirt, which gives the guest up (spec/kubevirt.md 8).
   */
  readonly postcopyRecoveryUs: number | null;
  /** Target: placing one page of the stream. */
  readonly postcopyPlaceUs: number;
  /** libvirt's `bandwidth.postcopy`: the background stream's own limit; 0: none (spec/qemu.md 7.2). */
  readonly maxPostcopyBytesPerSecond: number;
  /** KVM's dirty ring of each vCPU, in pages. */
  readonly dirtyRingEntries: number;
  /**
   * QEMU's dirty-limit where KubeVirt would have it auto-converge (KubeVirt itself never sets it);
   * null: auto-converge.
   */
  readonly dirtyLimit: DirtyLimitSettings | null;
  /** Rate during a migration over the rate measured before it (VEP 246: 2 to 3). */
  readonly dirtyRateFactorDuringMigration: number;
}

/** `link`: a link's name, or what it begins with (`nic/a`: both directions, all of a bond). */
export type FleetEvent =
  | {
      readonly kind: 'link-down';
      readonly atUs: number;
      readonly link: string;
      readonly forUs: number;
    }
  | {
      readonly kind: 'link-degraded';
      readonly atUs: number;
      readonly link: string;
      readonly forUs: number;
      readonly share: number;
    }
  /** Down and up again in turn, down first. */
  | {
      readonly kind: 'link-flapping';
      readonly atUs: number;
      readonly link: string;
      readonly forUs: number;
      readonly downUs: number;
      readonly upUs: number;
    }
  /** Share of packets lost: takes goodput from the link, and bounds each connection. */
  | {
      readonly kind: 'packet-loss';
      readonly atUs: number;
      readonly link: string;
      readonly forUs: number;
      readonly loss: number;
    }
  /** All its NICs, for good. */
  | { readonly kind: 'nic-lost'; readonly atUs: number; readonly node: string }
  | { readonly kind: 'node-lost'; readonly atUs: number; readonly node: string }
  /** No flow passes between these nodes and the others; within each side all go on. */
  | {
      readonly kind: 'network-partitioned';
      readonly atUs: number;
      readonly nodes: readonly string[];
      readonly forUs: number;
    }
  /** Its proxies' connections end; nothing begins from or to the node before it is back. */
  | {
      readonly kind: 'virt-handler-restarted';
      readonly atUs: number;
      readonly node: string;
      readonly forUs: number;
    }
  /** The node's wall clock is wrong from then on: `aheadUs` may be negative. */
  | {
      readonly kind: 'clock-off';
      readonly atUs: number;
      readonly node: string;
      readonly aheadUs: number;
    }
  /** `guest`: NAMESPACE/NAME; nothing happens where no migration of it is under way. */
  | { readonly kind: 'target-pod-lost'; readonly atUs: number; readonly guest: string }
  | { readonly kind: 'target-disk-full'; readonly atUs: number; readonly guest: string }
  | {
      readonly kind: 'libvirt-restarted';
      readonly atUs: number;
      readonly guest: string;
      readonly side: 'source' | 'target';
    }
  /** QEMU's at the source answers no command for so long. */
  | {
      readonly kind: 'qemu-monitor-hangs';
      readonly atUs: number;
      readonly guest: string;
      readonly forUs: number;
    };

/** A VMIM that a user makes or deletes, as `virtctl migrate` and `virtctl migrate-cancel` do. */
export interface UserMigration {
  readonly action: 'create' | 'delete';
  readonly atUs: number;
  readonly namespace: string;
  readonly name: string;
  /** Of the VMIM; two of them set time limits (spec/kubevirt.md 5.5). */
  readonly annotations: Labels;
  /** The VMIM's spec.addedNodeSelector: labels that its target has to have. */
  readonly addedNodeSelector: Labels;
}
