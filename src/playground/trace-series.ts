/** A trace as the charts draw it: columns over one axis of seconds since the drain's begin. */
import type { GuestTrace } from '../outcome/trace-text.js';
import type { DecisionRecord } from '../simulation/result.js';
import { isTurningPoint } from './turning-points.js';

export interface TraceSeries {
  readonly seconds: readonly number[];
  /** GiB; what a sync finds is in the next round's begin. Null: between attempts. */
  readonly remaining: readonly (number | null)[];
  readonly threshold: readonly (number | null)[];
  /** Gbit/s over each round. */
  readonly bandwidth: readonly (number | null)[];
  readonly dirtied: readonly (number | null)[];
  readonly throttlePercent: readonly (number | null)[];
  readonly marks: readonly { readonly seconds: number; readonly decision: DecisionRecord }[];
}

const GIB = 2 ** 30;
/** A logarithmic axis has no zero: less than this is drawn as this. */
const LEAST_GIB = 1 / 1024;
/** A steady rate is a curve on a logarithmic axis: rounds that send most of it are drawn in parts. */
const PLAIN_RATIO = 1.5;
const CURVE_PARTS = 24;
/** Rounds beyond it are thinned out: a chart has fewer columns of pixels. */
const ROUNDS_MOST = 4000;

export function seriesOf(trace: GuestTrace): TraceSeries {
  const at = (us: number): number => (us - trace.startUs) / 1e6;
  const columns = {
    seconds: [] as number[],
    remaining: [] as (number | null)[],
    threshold: [] as (number | null)[],
    bandwidth: [] as (number | null)[],
    dirtied: [] as (number | null)[],
    throttlePercent: [] as (number | null)[],
  };
  const every = Math.ceil(trace.rounds.length / ROUNDS_MOST);
  let attempt = 0;
  for (const [i, round] of trace.rounds.entries()) {
    if (i % every !== 0 && round.attempt === attempt && i < trace.rounds.length - 1) continue;
    const lengthSeconds = Math.max(1, round.endedUs - round.startedUs) / 1e6;
    const gbit = (bytes: number): number => (bytes * 8) / 1e9 / lengthSeconds;
    const point = (us: number, remainingBytes: number | null): void => {
      const gap = remainingBytes === null;
      columns.seconds.push(at(us));
      columns.remaining.push(gap ? null : Math.max(LEAST_GIB, remainingBytes / GIB));
      const threshold = round.thresholdBytes === 0 ? null : round.thresholdBytes / GIB;
      columns.threshold.push(gap ? null : threshold);
      columns.bandwidth.push(gap ? null : gbit(round.sentBytes));
      columns.dirtied.push(gap ? null : gbit(round.dirtiedBytes));
      columns.throttlePercent.push(gap ? null : round.throttlePercent);
    };
    if (round.attempt !== attempt && attempt !== 0) point(round.startedUs, null);
    attempt = round.attempt;
    const { startedUs, endedUs, remainingStartBytes, remainingEndBytes } = round;
    const parts = remainingStartBytes > PLAIN_RATIO * remainingEndBytes ? CURVE_PARTS : 1;
    for (let part = 0; part <= parts; part += 1) {
      const share = part / parts;
      point(
        startedUs + share * (endedUs - startedUs),
        remainingStartBytes + share * (remainingEndBytes - remainingStartBytes),
      );
    }
  }
  const marks = trace.decisions
    .filter(isTurningPoint)
    .map((decision) => ({ seconds: at(decision.atUs), decision }));
  return { ...columns, marks };
}
