/**
 * When each byte of a round left: points (time, wire bytes of the round), linear in between, or in
 * equal periods of sending and waiting where a bandwidth limit binds. The clear of a chunk's dirty
 * log is dated by it (spec/qemu.md 2.2), so it is kept to the microsecond. Its arrays serve round
 * after round: only the first `count` entries are of the present one.
 */
export interface SendProgress {
  count: number;
  timesUs: Float64Array;
  bytes: Float64Array;
  /** Of the stretch that begins at the point: length of a period; 0 for a straight line. */
  periodUs: Float64Array;
  /** In each period bytes go out in its first activeUs. */
  activeUs: Float64Array;
}

/** More than most rounds need. */
const POINTS_AT_FIRST = 64;

export function openProgress(nowUs: number): SendProgress {
  const progress = { count: 0, ...columns(POINTS_AT_FIRST) };
  reopenProgress(progress, nowUs);
  return progress;
}

/** Room for so many points, in one buffer: each buffer takes longer to make than its views. */
function columns(points: number): Omit<SendProgress, 'count'> {
  const buffer = new ArrayBuffer(4 * points * Float64Array.BYTES_PER_ELEMENT);
  const column = (index: number): Float64Array =>
    new Float64Array(buffer, index * points * Float64Array.BYTES_PER_ELEMENT, points);
  return { timesUs: column(0), bytes: column(1), periodUs: column(2), activeUs: column(3) };
}

/** Another round begins: what the last one left is gone. */
export function reopenProgress(progress: SendProgress, nowUs: number): void {
  progress.count = 0;
  pushPoint(progress, nowUs, 0);
}

/** Goes on to (toUs, bytes), in a straight line or in periods. */
export function logProgress(
  progress: SendProgress,
  toUs: number,
  bytes: number,
  periodUs: number,
  activeUs: number,
): void {
  const last = progress.count - 1;
  if (progress.timesUs[last] === toUs && progress.bytes[last] === bytes) return;
  if (periodUs === 0 && isStraightOn(progress, toUs, bytes)) {
    progress.timesUs[last] = toUs;
    progress.bytes[last] = bytes;
    return;
  }
  progress.periodUs[last] = periodUs;
  progress.activeUs[last] = activeUs;
  pushPoint(progress, toUs, bytes);
}

function pushPoint(progress: SendProgress, atUs: number, bytes: number): void {
  const at = progress.count;
  if (at === progress.timesUs.length) makeRoom(progress);
  progress.timesUs[at] = atUs;
  progress.bytes[at] = bytes;
  progress.periodUs[at] = 0;
  progress.activeUs[at] = 0;
  progress.count = at + 1;
}

function makeRoom(progress: SendProgress): void {
  const larger = columns(progress.timesUs.length * 2);
  larger.timesUs.set(progress.timesUs);
  larger.bytes.set(progress.bytes);
  larger.periodUs.set(progress.periodUs);
  larger.activeUs.set(progress.activeUs);
  Object.assign(progress, larger);
}

/** True when the new point only lengthens the last stretch. */
function isStraightOn(progress: SendProgress, toUs: number, bytes: number): boolean {
  const last = progress.count - 1;
  if (last < 1 || progress.periodUs[last - 1] !== 0) return false;
  const fromUs = progress.timesUs[last - 1] as number;
  const fromBytes = progress.bytes[last - 1] as number;
  const middleUs = progress.timesUs[last] as number;
  const middleBytes = progress.bytes[last] as number;
  const expected = fromBytes + ((bytes - fromBytes) * (middleUs - fromUs)) / (toUs - fromUs);
  // A page at most, and less than a thousandth of the way: the rounding of turns to microseconds.
  return Math.abs(expected - middleBytes) <= Math.min(4096, 1e-3 * (bytes - fromBytes));
}
