/**
 * Block migration (spec/qemu.md 7.5): every local disk is mirrored to the target's NBD server, all
 * at once, each with the full bandwidth limit; RAM starts only when every mirror is READY; mirrors
 * go on copying what the guest writes, and are drained inside the pause.
 */
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
}

export interface StorageMirror {
  readonly disks: readonly DiskMirror[];
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
    })),
    limitBytesPerSecond,
    phase: 'copying',
    asOfUs: nowUs,
    wakeUs: nowUs,
    guestRuns: true,
  };
  mirror.disks.forEach((one, index) => {
    setCap(one, index, limitBytesPerSecond, actions);
  });
  return mirror;
}

/** Brings byte counts to `nowUs`. Writes to a mirror that is behind have to be copied as well. */
export function advanceMirror(mirror: StorageMirror, nowUs: number): void {
  const seconds = (nowUs - mirror.asOfUs) / 1e6;
  mirror.asOfUs = nowUs;
  for (const one of mirror.disks) {
    if (mirror.guestRuns) one.dueBytes += one.disk.writeBytesPerSecond * seconds;
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
    else setCap(one, index, keepUpCap(one, mirror.limitBytesPerSecond), actions);
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
    one.dueBytes += (one.disk.writeBytesPerSecond * IDLE_POLL_US) / 1e6;
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

function keepUpCap(one: DiskMirror, limitBytesPerSecond: number): number {
  return Math.min(limitBytesPerSecond, one.disk.writeBytesPerSecond);
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
    const writes = mirror.guestRuns ? one.disk.writeBytesPerSecond : 0;
    if (behind <= 0) wakeUs = Math.min(wakeUs, mirror.asOfUs);
    else if (one.bytesPerSecond > writes) {
      const us = (behind / (one.bytesPerSecond - writes)) * 1e6;
      wakeUs = Math.min(wakeUs, Math.ceil(mirror.asOfUs + us));
    }
  }
  return wakeUs;
}
