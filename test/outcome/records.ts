/** Records of a run with every field filled, for tests to change what they are about. */
import type {
  GuestRecord,
  LinkRecord,
  MigrationRecord,
  NodeRecord,
  RoundRecord,
  RunResult,
} from '../../src/simulation/result.js';

export function migrationRecord(changes: Partial<MigrationRecord> = {}): MigrationRecord {
  return {
    namespace: 'shop',
    name: 'db-0',
    attempt: 1,
    sourceNode: 'wrk-b1',
    targetNode: 'wrk-a1',
    createdUs: 1_000_000,
    slotUs: 3_500_000,
    startedUs: 12_000_001,
    endedUs: 72_000_003,
    downtimeUs: 212_345,
    qemuDowntimeUs: 198_000,
    guestPauseUs: 0,
    mode: 'PreCopy',
    outcome: 'succeeded',
    failCause: '',
    failReason: '',
    slowCause: '',
    rounds: 4,
    transferredBytes: 17_179_869_184,
    wireBytes: 17_600_000_000,
    storageBytes: 0,
    throttleMaxPercent: 0,
    postcopyRequests: 0,
    postcopyFaults: null,
    waits: NO_WAITS,
    policy: 'db',
    seenAtEnd: {
      remainingBytes: 0,
      storageRemainingBytes: 0,
      remainingTrend: 'falling',
      noProgressUs: 0,
      dirtyBytesPerSecond: 40_000_000,
      bandwidthBytesPerSecond: 1_200_000_000,
    },
    ...changes,
  };
}

const NO_WAITS = {
  backOffUs: 0,
  queueUs: 0,
  clusterLimitUs: 0,
  nodeLimitUs: 0,
  targetUs: 0,
  storageUs: 0,
  linkShareUs: 0,
  bandwidthCapUs: 0,
  dirtyRateUs: 0,
  throttledUs: 0,
};

export function guestRecord(changes: Partial<GuestRecord> = {}): GuestRecord {
  return {
    namespace: 'shop',
    name: 'db-0',
    memoryBytes: 17_179_869_184,
    sourceNode: 'wrk-b1',
    finalNode: 'wrk-a1',
    outcome: 'moved',
    reason: '',
    attempts: 1,
    movedAtUs: 72_000_003,
    moves: 1,
    ...changes,
  };
}

export function nodeRecord(changes: Partial<NodeRecord> = {}): NodeRecord {
  return {
    node: 'wrk-b1',
    cordonedUs: 0,
    emptyUs: 73_000_000,
    guests: 1,
    moved: 1,
    blocked: 0,
    turn: 1,
    begunUs: 0,
    uncordonedUs: null,
    state: 'empty',
    ...changes,
  };
}

export function linkRecord(changes: Partial<LinkRecord> = {}): LinkRecord {
  return {
    link: 'nic/wrk-b1/up',
    fromUs: 0,
    toUs: 60_000_000,
    capacityBytesPerSecond: 3_000_000_000,
    bytes: 90_000_000_000,
    backgroundBytes: 0,
    fullUs: 0,
    ...changes,
  };
}

export function roundRecord(changes: Partial<RoundRecord> = {}): RoundRecord {
  return {
    namespace: 'shop',
    name: 'db-0',
    attempt: 1,
    round: 1,
    startedUs: 12_000_001,
    endedUs: 60_000_000,
    remainingStartBytes: 17_179_869_184,
    remainingEndBytes: 52_428_800,
    dirtiedBytes: 52_428_800,
    sentBytes: 17_179_869_184,
    bandwidthBytesPerSecond: 1_073_741_824,
    thresholdBytes: 322_122_547,
    downtimeLimitMs: 300,
    throttlePercent: 0,
    decision: 'switchover',
    ...changes,
  };
}

export function runResult(changes: Partial<RunResult> = {}): RunResult {
  return {
    seed: 1,
    fidelity: 'page',
    startUs: 0,
    endUs: 120_000_000,
    timedOut: false,
    migrations: [migrationRecord()],
    guests: [guestRecord()],
    nodes: [nodeRecord()],
    links: [linkRecord()],
    linkWaits: [],
    receivers: [],
    parallelLimits: { perCluster: 5, perNode: 2 },
    linkStepUs: 60_000_000,
    rounds: [roundRecord()],
    decisions: [],
    jobStats: [],
    warnings: [],
    ...changes,
  };
}
