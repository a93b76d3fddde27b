/**
 * QEMU's 100 ms window (spec/qemu.md 1.4, 1.5): what its bytes say about the bandwidth, and the
 * threshold that follows. Windows are not on a grid: each begins when the last one was closed.
 */
export const WINDOW_US = 100_000;
/** RAM send slice (`MAX_WAIT`, spec 1.1): QEMU leaves it when its clock in whole ms shows more. */
export const SLICE_US = 51_000;
/** Pages after which QEMU looks at the slice's clock. */
export const SLICE_CHECK_PAGES = 64;
/** A sleep to the window's end ends late on an idle host: 58 µs fitted (docs/validation.md), rounded. */
export const WAKE_LATENCY_US = 60;

/** threshold_size: bandwidth × downtime limit; `avail-switchover-bandwidth` replaces the bandwidth. */
export function thresholdBytes(
  bandwidthBytesPerMs: number,
  downtimeLimitMs: number,
  availSwitchoverBytesPerSecond: number,
): number {
  const bytesPerMs =
    availSwitchoverBytesPerSecond > 0
      ? Math.floor(availSwitchoverBytesPerSecond / 1000)
      : bandwidthBytesPerMs;
  return bytesPerMs * downtimeLimitMs;
}

/** Pages from a turn's page `turnPages` on to the look at the clock that finds the slice over. */
export function pagesToLook(turnPages: number, pagesLeft: number): number {
  const pages = Math.max(turnPages, turnPages + pagesLeft - 1e-9);
  const looks = Math.max(0, Math.ceil((pages - 1) / SLICE_CHECK_PAGES));
  return Math.max(0, looks * SLICE_CHECK_PAGES + 1 - turnPages);
}

/** True when QEMU's test passes with `pendingBytes` left (nothing left passes always). */
export function passesThreshold(
  pendingBytes: number,
  thresholdBytesNow: number,
  completesAtThreshold: boolean,
): boolean {
  if (pendingBytes === 0) return true;
  return completesAtThreshold
    ? pendingBytes <= thresholdBytesNow
    : pendingBytes < thresholdBytesNow;
}
