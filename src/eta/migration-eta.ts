/**
 * How long a migration under way still takes. Simulated migrations are made that are like it (same
 * memory, pace and dirty rates, what is unknown drawn anew for each); at the point where each
 * stands as the real one does now, what it still has to go is one possible answer.
 */

import type { Fleet, Guest } from '../fleet/model.js';
import { settingsFor } from '../kubevirt/policy.js';
import type { RunResult } from '../simulation/result.js';
import { type CounterSeries, type Phase, phaseOf } from './counters.js';
import { likenessOf, type Sketch, sketchOf } from './likeness.js';
import { lookAhead } from './look-ahead.js';
import { type ModelError, modelError, withError } from './model-error.js';
import { excessUs, likenessWeight, standsAs } from './standing.js';
import { evened, type Weighted, weightedQuantile } from './weighted.js';

/** Runs one likeness; statistics every so often. */
export type SimulateLikeness = (
  fleet: Fleet,
  seed: number,
  jobStatsEveryUs: number,
) => Promise<RunResult>;

export interface EtaRequest {
  readonly fleet: Fleet;
  readonly guest: Guest;
  readonly series: CounterSeries;
  readonly likenesses: number;
  readonly seed: number;
  readonly simulate: SimulateLikeness;
}

export interface MigrationEta {
  readonly guest: string;
  readonly elapsedUs: number | null;
  readonly phase: Phase;
  readonly remainingBytes: number;
  readonly bandwidthBytesPerSecond: number;
  /** Of nine in ten likenesses; null: no likeness came to an end. */
  readonly toGoUs: { readonly p5: number; readonly p50: number; readonly p95: number } | null;
  /** Pre-copy ends without KubeVirt doing anything about it. */
  readonly convergesShare: number;
  readonly downtimeUs: { readonly p50: number; readonly p95: number } | null;
  /** What KubeVirt does where it does not converge, most probable first. */
  readonly otherwise: readonly Intervention[];
  /** Likenesses that stood where the migration stands; few: the counters are unlike the model. */
  readonly alike: number;
  readonly policy: string;
  /** What no counter and no metric tells yet, and the interval is as wide as that makes it. */
  readonly unknown: readonly ('dirty rate' | 'memory')[];
}

export interface Intervention {
  readonly action: string;
  readonly reason: string;
  readonly share: number;
  /** From now, the median. */
  readonly inUs: number;
  /** And then: how these end. */
  readonly outcome: string;
}

export async function migrationEta(request: EtaRequest): Promise<MigrationEta> {
  const { fleet, guest, series } = request;
  const sketch = sketchOf(fleet, series, guest);
  const { last } = sketch;
  const phase = phaseOf(last);
  const shown = {
    guest: series.guest,
    elapsedUs: last.elapsedMs === null ? null : last.elapsedMs * 1000,
    phase,
    remainingBytes: last.memRemaining + last.diskRemaining,
    bandwidthBytesPerSecond: phase === 'storage' ? last.diskBps : sketch.bandwidth,
    policy: settingsFor(fleet, guest).policyName,
    unknown: unknownOf(sketch, phase),
  };
  if (phase === 'done') return { ...shown, ...NOTHING_LEFT };
  if (phase === 'post-copy') return { ...shown, ...postCopyEta(sketch) };
  const storageUs = phase === 'storage' ? storageToGoUs(sketch) : 0;
  const matches = await matchingLikenesses(request, sketch, storageUs);
  return { ...shown, ...summarise(matches) };
}

function unknownOf({ guest, last, periods }: Sketch, phase: Phase): MigrationEta['unknown'] {
  const { workload } = guest;
  if (phase === 'done' || phase === 'post-copy') return [];
  const isUnmeasured = workload.kind === 'observed' && workload.dirtyRates.length === 0;
  return [
    ...(isUnmeasured && periods.length === 0 ? ['dirty rate' as const] : []),
    // Counters of a guest that no fleet names show its memory when that begins to go.
    ...(isUnmeasured && last.memTotal === 0 ? ['memory' as const] : []),
  ];
}

const NOTHING_LEFT = {
  toGoUs: { p5: 0, p50: 0, p95: 0 },
  convergesShare: 1,
  downtimeUs: null,
  otherwise: [],
  alike: 0,
};

/** Each page goes once: the rest over the pace. */
function postCopyEta({ last, bandwidth, bandwidthSpread }: Sketch) {
  const p50 = Math.round((last.memRemaining / bandwidth) * 1e6);
  const off = 1 + 1.645 * Math.max(0.1, bandwidthSpread);
  const toGoUs = { p5: Math.round(p50 / off), p50, p95: Math.round(p50 * off) };
  return { ...NOTHING_LEFT, toGoUs, convergesShare: 0 };
}

/** Blocks dirtied behind the mirror are few; what is left over its pace. */
function storageToGoUs({ last, bandwidth }: Sketch): number {
  const pace = last.diskBps > 0 ? last.diskBps : bandwidth;
  return Math.round((last.diskRemaining / pace) * 1e6);
}

interface Match {
  readonly weight: number;
  /** null: it does not end. */
  readonly toGoUs: number | null;
  readonly downtimeUs: number | null;
  readonly converges: boolean;
  readonly intervention: { action: string; reason: string; inUs: number } | null;
  readonly outcome: string;
}

/** Of a likeness; a finer look costs more than it tells. */
const SAMPLES_A_PASS = 200;
const SAMPLES_SO_FAR = 200;
const EVERY_LEAST_US = 100_000;

async function matchingLikenesses(
  request: EtaRequest,
  sketch: Sketch,
  storageUs: number,
): Promise<readonly Match[]> {
  const { fleet, likenesses, seed, simulate } = request;
  const { last } = sketch;
  const total = last.memTotal > 0 ? last.memTotal : request.guest.memoryBytes;
  const passUs = (total / sketch.bandwidth) * 1e6;
  const elapsedUs = (last.elapsedMs ?? 0) * 1000;
  const everyUs = Math.max(
    EVERY_LEAST_US,
    Math.round(passUs / SAMPLES_A_PASS),
    Math.round(elapsedUs / SAMPLES_SO_FAR),
  );
  const ahead = lookAhead(request, elapsedUs + storageUs, passUs);
  const matches: Match[] = [];
  for (let index = 0; index < likenesses; index += 1) {
    const likeness = ahead.shortened(likenessOf(fleet, sketch, seed, index));
    const result = await simulate(likeness, seed + index, everyUs);
    const error = modelError(seed, index);
    const match = matchOf(result, sketch, { storageUs, error, skippedUs: ahead.skippedUs });
    if (match !== null) matches.push(match);
  }
  const weights = evened(matches.map(({ weight }) => weight));
  return matches.map((match, index) => ({ ...match, weight: weights[index] ?? 0 }));
}

interface MatchOptions {
  readonly storageUs: number;
  readonly error: ModelError;
  /** Time before KubeVirt's limit that was not simulated. */
  readonly skippedUs: number;
}

/** Where the likeness stands as the migration does now; null when it never does. */
function matchOf(
  result: RunResult,
  { last, bandwidth }: Sketch,
  { storageUs, error, skippedUs }: MatchOptions,
): Match | null {
  const [record] = result.migrations;
  if (record === undefined || record.startedUs === null) return null;
  const { startedUs } = record;
  const at = storageUs > 0 ? null : result.jobStats.find(({ info }) => standsAs(info, last));
  if (at === undefined) return null;
  const pointUs = at?.atUs ?? startedUs;
  const acted = result.decisions.find(
    ({ actor, atUs, reason }) =>
      actor === 'kubevirt' && atUs > startedUs && INTERVENES.test(reason),
  );
  // KubeVirt's clock is the migration's own, whatever the likeness took to get here.
  const nowUs =
    acted === undefined || last.elapsedMs === null ? pointUs : startedUs + last.elapsedMs * 1000;
  const laterUs = acted === undefined ? 0 : skippedUs;
  // The likeness has no disks; KubeVirt's clock has run since theirs began.
  const firstUs = storageUs + (at == null ? 0 : excessUs(at.info, last, bandwidth));
  const aheadUs = acted === undefined ? firstUs : 0;
  const ended = record.outcome !== 'unfinished' && record.endedUs !== null;
  return {
    weight: at === null ? 1 : likenessWeight(at.info, last),
    toGoUs: ended ? withError(error, (record.endedUs ?? 0) - nowUs + aheadUs + laterUs) : null,
    downtimeUs: record.downtimeUs,
    converges: record.outcome === 'succeeded' && acted === undefined,
    intervention:
      acted === undefined
        ? null
        : {
            action: acted.action,
            reason: acted.reason.replace(/:.*/s, ''),
            inUs: Math.max(0, acted.atUs - nowUs) + laterUs,
          },
    outcome: record.outcome,
  };
}

/** Reasons of the monitor (simulation/monitor-words.ts); it sets some downtime limits anyhow. */
const INTERVENES = /^(completion-timeout|stuck|stalled):/;

function summarise(
  matches: readonly Match[],
): Omit<
  MigrationEta,
  | 'guest'
  | 'elapsedUs'
  | 'phase'
  | 'remainingBytes'
  | 'bandwidthBytesPerSecond'
  | 'policy'
  | 'unknown'
> {
  const total = matches.reduce((sum, { weight }) => sum + weight, 0);
  const shareOf = (those: readonly Match[]): number =>
    total === 0 ? 0 : those.reduce((sum, { weight }) => sum + weight, 0) / total;
  const values = (of: (match: Match) => number | null): readonly Weighted[] =>
    matches.flatMap((match) => {
      const value = of(match);
      return value === null ? [] : [{ value, weight: match.weight }];
    });
  const times = values(({ toGoUs }) => toGoUs);
  const downtimes = values(({ downtimeUs }) => downtimeUs);
  const at = (list: readonly Weighted[], share: number) =>
    Math.round(weightedQuantile(list, share));
  return {
    toGoUs:
      times.length === 0
        ? null
        : { p5: at(times, 0.05), p50: at(times, 0.5), p95: at(times, 0.95) },
    convergesShare: shareOf(matches.filter(({ converges }) => converges)),
    downtimeUs:
      downtimes.length === 0 ? null : { p50: at(downtimes, 0.5), p95: at(downtimes, 0.95) },
    otherwise: interventions(matches, shareOf),
    alike: matches.length,
  };
}

function interventions(
  matches: readonly Match[],
  shareOf: (those: readonly Match[]) => number,
): readonly Intervention[] {
  const groups = new Map<string, Match[]>();
  for (const match of matches) {
    if (match.converges) continue;
    const { intervention } = match;
    const key = `${intervention?.action ?? 'nothing'}\0${intervention?.reason ?? ''}\0${match.outcome}`;
    groups.set(key, [...(groups.get(key) ?? []), match]);
  }
  return [...groups]
    .map(([key, those]) => {
      const [action = '', reason = '', outcome = ''] = key.split('\0');
      const times = those.map(({ intervention, weight }) => ({
        value: intervention?.inUs ?? 0,
        weight,
      }));
      const inUs = Math.round(weightedQuantile(times, 0.5));
      return { action, reason, share: shareOf(those), inUs, outcome };
    })
    .sort((a, b) => b.share - a.share);
}
