/** Random stretches of a migration for its monitor, ticked poll by poll or jumped over. */
import fc from 'fast-check';
import { createMonitor, monitorTurn } from '../../src/kubevirt/monitor.js';
import {
  type CallResult,
  type MonitorCalls,
  type MonitorOptions,
  type MonitorState,
  type Outlook,
  POLL_INTERVAL_US,
} from '../../src/kubevirt/monitor-model.js';
import { nextTurnOfInterest, skipTurns, statsAt } from '../../src/kubevirt/monitor-outlook.js';

/** A stretch of a migration in which everything is linear; may begin with an iteration event. */
export interface Segment {
  readonly lengthUs: number;
  readonly beginsIteration: boolean;
  readonly callsFail: boolean;
  readonly outlook: Omit<Outlook, 'fromUs'>;
}

export interface Script {
  readonly options: MonitorOptions;
  readonly hasVfio: boolean;
  readonly dataSizeGB: number;
  readonly startUs: number;
  readonly segments: readonly Segment[];
}

type Advance = (state: MonitorState, untilUs: number, outlook: Outlook, poll: Poll) => void;
type Poll = (nowUs: number) => void;

/** Every poll before the end of the segment, one by one. */
export const tick: Advance = (state, untilUs, _outlook, poll) => {
  while (state.nextPollUs < untilUs) poll(state.nextPollUs);
};

export const jump: Advance = (state, untilUs, outlook, poll) => {
  for (;;) {
    const nextUs = nextTurnOfInterest(state, outlook);
    skipTurns(state, Math.min(nextUs, untilUs), outlook);
    if (nextUs >= untilUs) return;
    poll(nextUs);
  }
};

/** Every call with its instant, the state at each segment's end, and how many turns were run. */
export function runScript(script: Script, advance: Advance) {
  const state = createMonitor(script.options, script, script.startUs);
  const calls: string[] = [];
  const states: string[] = [];
  let turns = 0;
  let nowUs = script.startUs;
  for (const segment of script.segments) {
    const outlook = { ...segment.outlook, fromUs: nowUs };
    const libvirt = callsAt(() => nowUs, segment.callsFail, calls);
    const takeTurn = (atUs: number, kind: 'poll' | 'iteration') => {
      nowUs = atUs;
      turns += 1;
      const stats = statsAt(outlook, atUs);
      monitorTurn(state, { nowUs: atUs, kind, stats, domain: outlook.domain }, libvirt);
    };
    if (segment.beginsIteration && state.detector !== null) takeTurn(nowUs, 'iteration');
    const untilUs = outlook.fromUs + segment.lengthUs;
    advance(state, untilUs, outlook, (atUs) => takeTurn(atUs, 'poll'));
    nowUs = untilUs;
    states.push(JSON.stringify(state));
  }
  return { calls, states, turns };
}

function callsAt(now: () => number, fail: boolean, made: string[]): MonitorCalls {
  const call = (name: string): CallResult => {
    made.push(`${now()} ${name} ${fail ? 'failed' : 'ok'}`);
    return fail ? 'failed' : 'ok';
  };
  return {
    setMaxDowntime: (limitMs, reason) => call(`set-max-downtime ${limitMs} ${reason}`),
    startPostCopy: (reason) => call(`post-copy ${reason}`),
    suspend: (reason) => call(`suspend ${reason}`),
    abortJob: (reason) => call(`abort ${reason}`),
  };
}

const remaining = fc.oneof(
  fc.constantFrom(0, 1, 2.5, 4096),
  fc.double({ min: 0, max: 1e13, noNaN: true }),
  // Nearly equal rests, as a stalled migration has them.
  fc.double({ min: 4.9e8, max: 5.2e8, noNaN: true }),
  fc.double({ min: 4.9e8, max: 5.2e8, noNaN: true }),
);
const fall = fc.oneof(
  fc.constantFrom(0, 0, 0.3, 1, 4.9, 5, 5.1, -1, -0.2, -1e8),
  fc.double({ min: 0, max: 3e9, noNaN: true }),
);
/** The first value most of the time. */
function often<T>(usual: T, ...others: T[]): fc.Arbitrary<T> {
  return fc.oneof(
    { weight: 20, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );
}

const outlook: fc.Arbitrary<Segment['outlook']> = fc.record({
  jobType: often('unbounded', 'none', null),
  remainingBytes: fc.option(remaining, { freq: 8 }),
  remainingFallBytesPerSecond: fall,
  jobStartedUs: fc.constantFrom(0, 123_456, null),
  memIteration: fc.option(fc.integer({ min: 0, max: 9 }), { freq: 8 }),
  memBytesPerSecond: fc.oneof(
    fc.constantFrom(0, null),
    fc.double({ min: 1e6, max: 3e9, noNaN: true }),
    fc.constant(1e9),
  ),
  domain: often('running', 'paused-migration', 'paused-user', 'paused-postcopy', null),
});
const segment: fc.Arbitrary<Segment> = fc.record({
  lengthUs: fc.oneof(
    fc.integer({ min: 1, max: 3_000_000 }),
    fc.integer({ min: 1, max: 60 }).map((polls) => polls * POLL_INTERVAL_US),
    fc.integer({ min: 1, max: 120_000_000 }),
  ),
  beginsIteration: fc.boolean(),
  callsFail: often(false, true),
  outlook,
});
const options: fc.Arbitrary<MonitorOptions> = fc.record({
  completionTimeoutPerGiB: fc.constantFrom(0, 3, 20, 60, 300),
  progressTimeout: fc.constantFrom(0, 1, 7, 40),
  maxDowntimeMs: fc.constantFrom(100, 900, 5000),
  allowPostCopy: fc.boolean(),
  allowWorkloadDisruption: fc.boolean(),
  stallDetector: fc.option(
    fc.record({
      stallMarginPercent: fc.constantFrom(0, 4, 100),
      stallProgressTimeoutSeconds: fc.constantFrom(1, 10, 40),
      switchoverTimeoutSeconds: fc.constantFrom(0, 5, 60),
      ewmaAlpha: fc.constantFrom(0.2, 0.4, 0.6000000000000001, 1),
      precopyPossibleFactor: fc.constantFrom(1, 1.5),
      patienceWindowDecayFactor: fc.constantFrom(0, 0.5, 1),
      searchLocalMinima: fc.boolean(),
      completionTimeoutFactor: fc.constantFrom(1, 1.333, 2),
    }),
  ),
  downtimeTuning: fc.option(
    fc.record({
      initialMs: fc.constantFrom(null, 0, 500),
      steps: fc.constantFrom(null, 3),
      startAfterIteration: fc.constantFrom(null, 0),
      cooldownSeconds: fc.constantFrom(null, 1, 3),
    }),
  ),
  iterationEvents: fc.constant(true),
});
export const arbitraryScript: fc.Arbitrary<Script> = fc.record({
  options,
  hasVfio: often(false, true),
  dataSizeGB: fc.constantFrom(0, 1, 3),
  startUs: fc.constantFrom(0, 7_654_321),
  segments: fc.array(segment, { minLength: 1, maxLength: 20 }),
});
