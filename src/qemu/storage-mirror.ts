/**
 * Block migration (spec/qemu.md 7.5): every local disk is mirrored to the target's NBD server, all
 * at once, each with the full bandwidth limit; RAM starts only when every mirror is READY; mirrors
 * go on copying what the guest writes, and are drained inside the pause.
 *
 * With copy-mode write-blocking a write of the guest is done at both ends before it is done at all:
 * nothing becomes dirty again, so READY always comes and nothing is left to drain, but the guest's
 * writes wait for the network. The job's limit holds the background copy only.
 */
export type CopyMode = 'background' | 'write-blocking';

export interface MirroredDisk {
  readonly name: string;
  /** What has to be copied at first. */
  readonly bytes: number;
  /** Blocks that the guest dirties while it runs. */
  readonly writeBytesPerSecond: number;
}

export interface DiskMirror {
  readonly disk: MirroredDisk;
  /** Everything due so far: the disk and what was written since, while it is behind. */
  dueBytes: number;
  sentBytes: number;
  bytesPerSecond: number;
  capBytesPerSecond: number;
  ready: boolean;
  /** Writes of the guest that had to wait: what it would have written besides. */
  heldBackBytes: number;
}

export interface StorageMirror {
  readonly disks: readonly DiskMirror[];
  readonly copyMode: CopyMode;
  /** Per disk; Infinity for none. */
  readonly limitBytesPerSecond: number;
  phase: 'copying' | 'mirroring' | 'draining' | 'drained';
  asOfUs: number;
  wakeUs: number;
  /** The guest writes to its disks (it is not paused). */
  guestRuns: boolean;
}

export type MirrorAction =
  | { readonly kind: 'set-disk-flow'; readonly disk: number; readonly capBytesPerSecond: number }
  | { readonly kind: 'ready' }
  | { readonly kind: 'drained' };

/** Idle mirrors look for dirty blocks every 100 ms: so much may be waiting when the guest stops. */
const IDLE_POLL_US = 100_000;

/** Starts all mirrors; the actions ask for one flow a disk. `ready` comes by `wakeMirror`. */
export function startMirror(
  disks: readonly MirroredDisk[],
  limitBytesPerSecond: number,
  copyMode: CopyMode,
  nowUs: number,
  actions: MirrorAction[],
): StorageMirror {
  const mirror: StorageMirror = {
    disks: disks.map((disk) => ({
      disk,
      dueBytes: disk.bytes,
      sentBytes: 0,
      bytesPerSecond: 0,
      capBytesPerSecond: 0,
      ready: false,
      heldBackBytes: 0,
    })),
    copyMode,
    limitBytesPerSecond,
    phase: 'copying',
    asOfUs: nowUs,
    wakeUs: nowUs,
    guestRuns: true,
  };
  mirror.disks.forEach((one, index) => {
    setCap(one, index, copyCap(mirror, one), actions);
  });
  return mirror;
}

/** Brings byte counts to `nowUs`. Writes to a mirror that is behind have to be copied as well. */
export function advanceMirror(mirror: StorageMirror, nowUs: number): void {
  const seconds = (nowUs - mirror.asOfUs) / 1e6;
  mirror.asOfUs = nowUs;
  for (const one of mirror.disks) {
    if (mirror.guestRuns) {
      const writes = writeRate(mirror, one);
      one.dueBytes += writes * seconds;
      one.heldBackBytes += (one.disk.writeBytesPerSecond - writes) * seconds;
    }
    one.sentBytes = Math.min(one.dueBytes, one.sentBytes + one.bytesPerSecond * seconds);
  }
}

/** The network's share of one disk's flow has changed. */
export function setMirrorRate(
  mirror: StorageMirror,
  disk: number,
  bytesPerSecond: number,
  nowUs: number,
): void {
  advanceMirror(mirror, nowUs);
  const one = mirror.disks[disk];
  if (one === undefined) throw new Error(`no mirror of disk ${disk}`);
  one.bytesPerSecond = bytesPerSecond;
  mirror.wakeUs = nextMirrorWakeUs(mirror);
}

/** Called at `wakeUs`: disks that have caught up become READY; all READY lets RAM start. */
export function wakeMirror(mirror: StorageMirror, nowUs: number, actions: MirrorAction[]): void {
  advanceMirror(mirror, nowUs);
  mirror.disks.forEach((one, index) => {
    const behind = one.dueBytes - one.sentBytes;
    // What one microsecond of writes leaves is the rounding of the instant, not a backlog.
    if (behind > Math.max(1, one.disk.writeBytesPerSecond / 1e5)) return;
    one.ready = true;
    if (mirror.phase === 'draining') setCap(one, index, 0, actions);
    else setCap(one, index, keepUpCap(mirror, one), actions);
  });
  const allReady = mirror.disks.every((one) => one.ready);
  if (mirror.phase === 'copying' && allReady) {
    mirror.phase = 'mirroring';
    actions.push({ kind: 'ready' });
  } else if (mirror.phase === 'draining' && allReady) {
    mirror.phase = 'drained';
    actions.push({ kind: 'drained' });
  }
  mirror.wakeUs = nextMirrorWakeUs(mirror);
}

/** The guest has stopped: what an idle poll may have left is copied now (spec 7.3). */
export function drainMirror(mirror: StorageMirror, nowUs: number, actions: MirrorAction[]): void {
  advanceMirror(mirror, nowUs);
  mirror.phase = 'draining';
  mirror.guestRuns = false;
  mirror.disks.forEach((one, index) => {
    if (mirror.copyMode === 'background') {
      one.dueBytes += (one.disk.writeBytesPerSecond * IDLE_POLL_US) / 1e6;
    }
    one.ready = false;
    setCap(one, index, mirror.limitBytesPerSecond, actions);
  });
  mirror.wakeUs = nextMirrorWakeUs(mirror);
}

/** Ends every flow: the migration is over, or has failed. */
export function stopMirror(mirror: StorageMirror, nowUs: number, actions: MirrorAction[]): void {
  advanceMirror(mirror, nowUs);
  mirror.phase = 'drained';
  mirror.wakeUs = Number.POSITIVE_INFINITY;
  mirror.disks.forEach((one, index) => {
    setCap(one, index, 0, actions);
  });
}

export function mirroredBytes(mirror: StorageMirror): number {
  return mirror.disks.reduce((sum, one) => sum + one.sentBytes, 0);
}

/** Bytes due and not yet copied, as libvirt's disk_remaining. */
export function mirrorRemainingBytes(mirror: StorageMirror): number {
  return mirror.disks.reduce((sum, one) => sum + one.dueBytes - one.sentBytes, 0);
}

/**
 * How fast `mirrorRemainingBytes` falls until something happens to the mirrors; below zero where
 * the guest writes more than is copied.
 */
export function mirrorFallBytesPerSecond(mirror: StorageMirror): number {
  return mirror.disks.reduce((sum, one) => {
    const fall = one.bytesPerSecond - (mirror.guestRuns ? writeRate(mirror, one) : 0);
    return sum + (one.dueBytes > one.sentBytes ? fall : Math.min(fall, 0));
  }, 0);
}

/** Writes that the guest had to wait with, all disks together; 0 for background copies. */
export function heldBackBytes(mirror: StorageMirror): number {
  return mirror.disks.reduce((sum, one) => sum + one.heldBackBytes, 0);
}

/** While the disk itself is copied. */
function copyCap({ copyMode, limitBytesPerSecond }: StorageMirror, { disk }: DiskMirror): number {
  const writes = copyMode === 'write-blocking' ? disk.writeBytesPerSecond : 0;
  return limitBytesPerSecond + writes;
}

function keepUpCap({ copyMode, limitBytesPerSecond }: StorageMirror, one: DiskMirror): number {
  const limit = copyMode === 'write-blocking' ? Number.POSITIVE_INFINITY : limitBytesPerSecond;
  return Math.min(limit, one.disk.writeBytesPerSecond);
}

/**
 * Bytes a second that the guest writes: held back with write-blocking, where its writes and the
 * background copy have half of a rate that is too small for both.
 */
function writeRate(mirror: StorageMirror, one: DiskMirror): number {
  const asked = one.disk.writeBytesPerSecond;
  if (mirror.copyMode === 'background') return asked;
  if (one.ready) return Math.min(asked, one.bytesPerSecond);
  const beside = Math.max(one.bytesPerSecond / 2, one.bytesPerSecond - mirror.limitBytesPerSecond);
  return Math.min(asked, beside);
}

function setCap(one: DiskMirror, index: number, cap: number, actions: MirrorAction[]): void {
  if (one.capBytesPerSecond === cap) return;
  one.capBytesPerSecond = cap;
  actions.push({ kind: 'set-disk-flow', disk: index, capBytesPerSecond: cap });
}

/** Earliest instant at which a disk that is behind has caught up. */
function nextMirrorWakeUs(mirror: StorageMirror): number {
  if (mirror.phase === 'mirroring' || mirror.phase === 'drained') return Number.POSITIVE_INFINITY;
  let wakeUs = Number.POSITIVE_INFINITY;
  for (const one of mirror.disks) {
    if (one.ready) continue;
    const behind = one.dueBytes - one.sentBytes;
    const writes = mirror.guestRuns ? writeRate(mirror, one) : 0;
    if (behind <= 0) wakeUs = Math.min(wakeUs, mirror.asOfUs);
    else if (one.bytesPerSecond > writes) {
      const us = (behind / (one.bytesPerSecond - writes)) * 1e6;
      wakeUs = Math.min(wakeUs, Math.ceil(mirror.asOfUs + us));
    }
  }
  return wakeUs;
}
