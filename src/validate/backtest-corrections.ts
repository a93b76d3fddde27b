/** What a fit may change about a fleet: how fast guests write, what a path carries, fixed times. */
import type { Fleet } from '../fleet/model.js';

export interface Corrections {
  /** On every measured dirty rate. */
  readonly dirtyRateFactor: number;
  /** On what one migration gets out of or into a node; a node that is not there has 1. */
  readonly throughput: ReadonlyMap<string, number>;
  /** What every migration takes beside its transfer, more than the fleet's timings say. */
  readonly perMigrationUs: number;
}

export const NO_CORRECTIONS: Corrections = {
  dirtyRateFactor: 1,
  throughput: new Map(),
  perMigrationUs: 0,
};

/** NICs and fixed times; what one migration may take of them is `correctedBandwidth`. */
export function correctedFleet(fleet: Fleet, corrections: Corrections): Fleet {
  const { throughput, perMigrationUs } = corrections;
  const nics = fleet.network.nics.map((nic) => ({
    ...nic,
    bytesPerSecond: Math.round(nic.bytesPerSecond * (throughput.get(nic.node) ?? 1)),
  }));
  const { timings, network } = fleet;
  return {
    ...fleet,
    network: { ...network, nics },
    timings: { ...timings, migrateCallUs: timings.migrateCallUs + perMigrationUs },
  };
}

/** The limit of one migration as it came true between two nodes; 0 stays no limit. */
export function correctedBandwidth(
  { throughput }: Corrections,
  limitBytesPerSecond: number,
  nodes: readonly (string | null)[],
): number {
  const factors = nodes.map((node) => throughput.get(node ?? '') ?? 1);
  return Math.round(limitBytesPerSecond * Math.min(1, ...factors));
}
