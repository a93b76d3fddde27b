/** What bounds one TCP connection whatever its links' capacities: its window, and lost packets. */

/** MTU of 1500 less IP, TCP and timestamps; jumbo frames would let a lossy connection go six times faster. */
const SEGMENT_BYTES = 1448;
/** Mathis, Semke, Mahdavi and Ott 1997, for one acknowledgement a segment: sqrt(3/2). */
const MATHIS_CONSTANT = Math.sqrt(3 / 2);

export interface ConnectionLimits {
  readonly socketBufferBytes: number;
  readonly roundTripTimeUs: number;
  /** Share of packets lost on the way, 0 to 1. */
  readonly loss: number;
}

/**
 * Bytes per second of one connection: buffer / round trip, and under loss at most
 * segment / round trip × sqrt(3/2) / sqrt(loss). Infinity when neither limits (no round trip time).
 */
export function connectionLimit(limits: ConnectionLimits): number {
  const { socketBufferBytes, loss } = limits;
  const seconds = limits.roundTripTimeUs / 1e6;
  if (loss >= 1) return 0;
  if (seconds <= 0) return Number.POSITIVE_INFINITY;
  const window = socketBufferBytes / seconds;
  if (loss <= 0) return window;
  return Math.min(window, ((SEGMENT_BYTES / seconds) * MATHIS_CONSTANT) / Math.sqrt(loss));
}
