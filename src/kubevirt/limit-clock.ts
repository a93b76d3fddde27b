/**
 * For how long KubeVirt's limits have been full: what a VMIM's wait for its slot was due to. Two
 * readings of these clocks, at its begin and its end, tell it without looking at every instant.
 */

export interface LimitClock {
  /** The cluster's limit has been full for so long, up to `asOfUs`. */
  clusterFullUs: number;
  isClusterFull: boolean;
  asOfUs: number;
  /** By node: full while the cluster was not. */
  readonly nodeFullUs: Float64Array;
  readonly isNodeFull: Uint8Array;
  /** Instant, and the cluster's clock then, up to which a node's is told. */
  readonly nodeAsOfUs: Float64Array;
  readonly clusterThenUs: Float64Array;
}

export interface LimitReading {
  readonly clusterUs: number;
  readonly nodeUs: number;
}

export const NEVER_LIMITED: LimitReading = { clusterUs: 0, nodeUs: 0 };

/** @param full what is full before any slot is taken: a limit of 0 */
export function createLimitClock(
  nodes: number,
  full: { readonly cluster: boolean; readonly node: boolean },
): LimitClock {
  return {
    clusterFullUs: 0,
    isClusterFull: full.cluster,
    asOfUs: 0,
    nodeFullUs: new Float64Array(nodes),
    isNodeFull: new Uint8Array(nodes).fill(full.node ? 1 : 0),
    nodeAsOfUs: new Float64Array(nodes),
    clusterThenUs: new Float64Array(nodes),
  };
}

/** Slots were taken or freed at `nowUs`. */
export function noteLimits(
  clock: LimitClock,
  nowUs: number,
  node: number,
  full: { readonly cluster: boolean; readonly node: boolean },
): void {
  readLimits(clock, nowUs, node);
  clock.isClusterFull = full.cluster;
  clock.isNodeFull[node] = full.node ? 1 : 0;
}

/** Both clocks at `nowUs`, which is never earlier than the last call's. */
export function readLimits(clock: LimitClock, nowUs: number, node: number): LimitReading {
  if (clock.isClusterFull) clock.clusterFullUs += nowUs - clock.asOfUs;
  clock.asOfUs = nowUs;
  const clusterUs = clock.clusterFullUs;
  if (clock.isNodeFull[node] === 1) {
    const passedUs = nowUs - (clock.nodeAsOfUs[node] ?? 0);
    const inClusterUs = clusterUs - (clock.clusterThenUs[node] ?? 0);
    clock.nodeFullUs[node] = (clock.nodeFullUs[node] ?? 0) + passedUs - inClusterUs;
  }
  clock.nodeAsOfUs[node] = nowUs;
  clock.clusterThenUs[node] = clusterUs;
  return { clusterUs, nodeUs: clock.nodeFullUs[node] ?? 0 };
}

/** What has passed on both since an earlier reading of the same node. */
export function limitedSince(
  clock: LimitClock,
  nowUs: number,
  node: number,
  then: LimitReading,
): LimitReading {
  const now = readLimits(clock, nowUs, node);
  return { clusterUs: now.clusterUs - then.clusterUs, nodeUs: now.nodeUs - then.nodeUs };
}
