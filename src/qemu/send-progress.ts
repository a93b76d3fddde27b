/**
 * When each byte of a round left: points (time, wire bytes of the round), linear in between, or in
 * equal periods of sending and waiting where a bandwidth limit binds. The clear of a chunk's dirty
 * log is dated by it (spec/qemu.md 2.2), so it is kept to the microsecond.
 */
export interface SendProgress {
  readonly timesUs: number[];
  readonly bytes: number[];
  /** Of the stretch that begins at the point: length of a period; 0 for a straight line. */
  readonly periodUs: number[];
  /** In each period bytes go out in its first activeUs. */
  readonly activeUs: number[];
}

export function openProgress(nowUs: number): SendProgress {
  return { timesUs: [nowUs], bytes: [0], periodUs: [0], activeUs: [0] };
}

/** Goes on to (toUs, bytes), in a straight line or in periods. */
export function logProgress(
  progress: SendProgress,
  toUs: number,
  bytes: number,
  periodUs: number,
  activeUs: number,
): void {
  const last = progress.timesUs.length - 1;
  if (progress.timesUs[last] === toUs && progress.bytes[last] === bytes) return;
  if (periodUs === 0 && isStraightOn(progress, toUs, bytes)) {
    progress.timesUs[last] = toUs;
    progress.bytes[last] = bytes;
    return;
  }
  progress.periodUs[last] = periodUs;
  progress.activeUs[last] = activeUs;
  progress.timesUs.push(toUs);
  progress.bytes.push(bytes);
  progress.periodUs.push(0);
  progress.activeUs.push(0);
}

/** True when the new point only lengthens the last stretch. */
function isStraightOn(progress: SendProgress, toUs: number, bytes: number): boolean {
  const last = progress.timesUs.length - 1;
  if (last < 1 || progress.periodUs[last - 1] !== 0) return false;
  const fromUs = progress.timesUs[last - 1] as number;
  const fromBytes = progress.bytes[last - 1] as number;
  const middleUs = progress.timesUs[last] as number;
  const middleBytes = progress.bytes[last] as number;
  const expected = fromBytes + ((bytes - fromBytes) * (middleUs - fromUs)) / (toUs - fromUs);
  // A page at most, and less than a thousandth of the way: the rounding of turns to microseconds.
  return Math.abs(expected - middleBytes) <= Math.min(4096, 1e-3 * (bytes - fromBytes));
}
