/** A migration under way: QEMU's machine, KubeVirt's monitor, its memory, its flows, its facts. */
import type { Guest } from '../fleet/model.js';
import type { StartMigration } from '../kubevirt/control-actions.js';
import type { MonitorState } from '../kubevirt/monitor-model.js';
import type { SriovUnplug } from '../kubevirt/sriov-unplug.js';
import type { GuestMemory } from '../memory/guest-memory.js';
import type { WireCosts } from '../memory/plan.js';
import type { RoundTask } from '../memory/round.js';
import type { MigrationState, RoundFacts, SyncKind } from '../qemu/migration-state.js';
import type { StorageMirror } from '../qemu/storage-mirror.js';
import type { Flow } from './flow-state.js';
import type { SlowTimes } from './slow-causes.js';

/** The sync that QEMU waits for: its page work, and when its result is due. */
export interface PendingSync {
  readonly kind: SyncKind;
  readonly readyUs: number;
  readonly task: RoundTask;
  /** The fewest pages that it can find; 0: not to be gone ahead of. */
  readonly fewestPages: number;
  /** The network's share when the round ended. */
  readonly bytesPerSecond: number;
  /** Gone ahead of: until when its result is not needed; null: it is needed when it is due. */
  aheadUntilUs: number | null;
}

/** The guest's speed over time: throttle, pauses. */
export interface SpeedLog {
  readonly fromUs: number[];
  readonly cpuFactor: number[];
  readonly clockFactor: number[];
}

export interface ActiveMigration {
  readonly start: StartMigration;
  readonly guest: Guest;
  readonly guestKey: number;
  readonly startedUs: number;
  /** Between its nodes. */
  readonly roundTripTimeUs: number;
  readonly wire: WireCosts;
  readonly qemu: MigrationState;
  readonly monitor: MonitorState;
  readonly slow: SlowTimes;
  /** The monitor's next turn of interest; null when it has to be asked for anew. */
  monitorTurnUs: number | null;
  readonly speed: SpeedLog;
  /** Nothing moves before it is over; null: over, or never needed. */
  unplug: SriovUnplug | null;
  /** Null before RAM starts and after the migration's end: a guest costs memory only in between. */
  memory: GuestMemory | null;
  /** RAM's machine has begun (after the mirrors are READY). */
  ramStarted: boolean;
  mirror: StorageMirror | null;
  ram: Flow | null;
  disks: readonly Flow[];
  sync: PendingSync | null;
  /** Number of the last sync that drew pages; with seed and guest the key of its draws. */
  syncNumber: number;
  /** When the dirty log was last read. */
  lastSyncUs: number;
  /** Guest is stopped or suspended since; null while it runs. */
  pausedSinceUs: number | null;
  guestPauseUs: number;
  /** The last pre-copy round that has ended. */
  lastRound: RoundFacts | null;
  endedUs: number | null;
  /** QEMU's monitor at the source answers nobody until then; 0: it does. */
  hangsUntilUs: number;
  /** When an abort that waits for an answer is done; Infinity: none does. */
  abortUs: number;
}

/** Wire bytes that all its flows have put on the links. */
export function wireBytes(migration: ActiveMigration): number {
  return migration.disks.reduce(
    (sum, flow) => sum + flow.countedBytes,
    migration.ram?.countedBytes ?? 0,
  );
}
