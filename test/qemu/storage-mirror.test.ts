import { describe, expect, it } from 'vitest';
import {
  advanceMirror,
  type CopyMode,
  drainMirror,
  heldBackBytes,
  type MirrorAction,
  mirroredBytes,
  mirrorFallBytesPerSecond,
  mirrorRemainingBytes,
  type StorageMirror,
  setMirrorRate,
  startMirror,
  stopMirror,
  wakeMirror,
} from '../../src/qemu/storage-mirror.js';

const GB = 1e9;

function started(
  disks: readonly { bytes: number; writes: number }[],
  limit = 100e6,
  copyMode: CopyMode = 'background',
) {
  const actions: MirrorAction[] = [];
  const mirror = startMirror(
    disks.map(({ bytes, writes }, i) => ({ name: `d${i}`, bytes, writeBytesPerSecond: writes })),
    limit,
    copyMode,
    0,
    actions,
  );
  return { mirror, actions };
}

/** Wakes the mirror until it says `kind`; null when it never will. */
function until(mirror: StorageMirror, kind: MirrorAction['kind']): number | null {
  for (let wakes = 0; wakes < 100 && mirror.wakeUs < 1e15; wakes += 1) {
    const nowUs = mirror.wakeUs;
    const actions: MirrorAction[] = [];
    wakeMirror(mirror, nowUs, actions);
    for (const action of actions) {
      if (action.kind === 'set-disk-flow') {
        setMirrorRate(mirror, action.disk, action.capBytesPerSecond, nowUs);
      }
    }
    if (actions.some((action) => action.kind === kind)) return nowUs;
  }
  return null;
}

describe('the storage mirror (spec/qemu.md 7.5)', () => {
  it('gives every disk the full limit, and is ready when all are', () => {
    const { mirror, actions } = started([
      { bytes: GB, writes: 0 },
      { bytes: 2 * GB, writes: 0 },
    ]);
    expect(actions.map((one) => one.kind === 'set-disk-flow' && one.capBytesPerSecond)).toEqual([
      100e6, 100e6,
    ]);
    setMirrorRate(mirror, 0, 100e6, 0);
    setMirrorRate(mirror, 1, 100e6, 0);
    expect(until(mirror, 'ready')).toBe(20_000_000);
    expect(mirroredBytes(mirror)).toBeCloseTo(3 * GB, 0);
  });

  it('copies what is written meanwhile as well', () => {
    const { mirror } = started([{ bytes: GB, writes: 50e6 }]);
    setMirrorRate(mirror, 0, 100e6, 0);
    expect(until(mirror, 'ready')).toBe(20_000_000);
  });

  it('never gets ready when the guest writes as fast as it copies', () => {
    const { mirror } = started([{ bytes: GB, writes: 100e6 }]);
    setMirrorRate(mirror, 0, 100e6, 0);
    expect(mirror.wakeUs).toBe(Number.POSITIVE_INFINITY);
    expect(mirrorRemainingBytes(mirror)).toBe(GB);
  });

  it.each(['background', 'write-blocking'] as const)(
    '%s: says how fast what remains falls, or grows',
    (copyMode) => {
      const disks = [
        { bytes: GB, writes: 30e6 },
        { bytes: GB, writes: 200e6 },
      ];
      const { mirror } = started(disks, 100e6, copyMode);
      setMirrorRate(mirror, 0, 80e6, 0);
      setMirrorRate(mirror, 1, 90e6, 0);
      const [before, fall] = [mirrorRemainingBytes(mirror), mirrorFallBytesPerSecond(mirror)];
      advanceMirror(mirror, 2_000_000);
      expect(before - mirrorRemainingBytes(mirror)).toBeCloseTo(2 * fall, 3);
      // Background: 50 and -110 MB/s. Write-blocking: the second one's writes have half of its rate.
      expect(fall / 1e6).toBeCloseTo(copyMode === 'background' ? -60 : 95, 6);
    },
  );

  it('drains in the pause what an idle poll may have left', () => {
    const { mirror } = started([{ bytes: GB, writes: 10e6 }]);
    setMirrorRate(mirror, 0, 100e6, 0);
    const readyUs = until(mirror, 'ready') ?? 0;
    const actions: MirrorAction[] = [];
    drainMirror(mirror, readyUs + 5e6, actions);
    setMirrorRate(mirror, 0, 100e6, readyUs + 5e6);
    // 100 ms of writes at a tenth of the copying speed.
    expect(until(mirror, 'drained')).toBe(readyUs + 5e6 + 10_000);
  });

  it('write-blocking: gets ready whatever the guest writes, whose writes wait instead', () => {
    // 100 MB/s for both: half of it each, so a GB takes 20 s, and half of the writes have waited.
    const { mirror, actions } = started([{ bytes: GB, writes: 100e6 }], 100e6, 'write-blocking');
    expect(actions).toEqual([{ kind: 'set-disk-flow', disk: 0, capBytesPerSecond: 200e6 }]);
    setMirrorRate(mirror, 0, 100e6, 0);
    expect(until(mirror, 'ready')).toBe(20_000_000);
    expect(heldBackBytes(mirror)).toBeCloseTo(GB, -3);
    expect(mirroredBytes(mirror)).toBeCloseTo(2 * GB, -3);
  });

  it('write-blocking: the limit holds the copy, not the guest’s writes', () => {
    const { mirror } = started([{ bytes: GB, writes: 50e6 }], 100e6, 'write-blocking');
    setMirrorRate(mirror, 0, 150e6, 0);
    expect(until(mirror, 'ready')).toBe(10_000_000);
    expect(heldBackBytes(mirror)).toBe(0);
    // Ready, all that is written goes at once; what the network does not carry waits.
    setMirrorRate(mirror, 0, 30e6, 10_000_000);
    drainMirror(mirror, 20_000_000, []);
    expect(heldBackBytes(mirror)).toBeCloseTo(200e6, -3);
    expect(until(mirror, 'drained')).toBe(20_000_000);
  });

  it('lets go of every flow when it is stopped', () => {
    const { mirror } = started([{ bytes: GB, writes: 0 }]);
    const actions: MirrorAction[] = [];
    stopMirror(mirror, 1e6, actions);
    expect(actions).toEqual([{ kind: 'set-disk-flow', disk: 0, capBytesPerSecond: 0 }]);
    expect(mirror.wakeUs).toBe(Number.POSITIVE_INFINITY);
  });
});
