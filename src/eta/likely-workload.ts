/** What a guest under migration may write, by its counters and the metrics of before. */
import { DEFAULT_COMPRESSED_SHARE } from '../fleet/defaults.js';
import type { Guest } from '../fleet/model.js';
import type { ObservedWorkload } from '../fleet/workload.js';
import type { Counters } from './counters.js';
import type { Period, Sketch } from './likeness.js';

const PAGE_BYTES = 4096;

/** Uniform in [0, 1): what no counter tells. */
interface Unknowns {
  readonly slope: number;
  readonly growth: number;
  readonly rate: number;
  /** Standard normal. */
  readonly filled: number;
}

/** @param factor on every rate: a workload is not the same from minute to minute */
export function likelyWorkload(
  { guest, last, periods }: Sketch,
  factor: number,
  unknowns: Unknowns,
): Guest['workload'] {
  if (periods.length === 0 && guest.workload.kind === 'regions') return guest.workload;
  const filledBytes = filledOf(guest, last, unknowns.filled);
  const known = guest.workload.kind === 'observed' ? guest.workload : null;
  const before = known?.dirtyRates ?? [];
  const rates =
    periods.length > 0
      ? withShortWindow(periods, before, unknowns)
      : before.length > 0
        ? before
        : [unmeasured(unknowns.rate)];
  const dirtyRates = rates.map(({ windowSeconds, bytesPerSecond }) => ({
    windowSeconds,
    bytesPerSecond: Math.min(bytesPerSecond * factor, filledBytes / windowSeconds),
  }));
  const compressedShare = known?.compressedShare ?? DEFAULT_COMPRESSED_SHARE;
  return { kind: 'observed', filledBytes, dirtyRates, compressedShare } satisfies ObservedWorkload;
}

/** Of a guest that no metric tells of, log-uniform: a desktop's to an in-memory database's. */
const UNMEASURED_RATE = { least: 2 ** 20, most: 2 ** 30 } as const;

function unmeasured(unit: number): Period {
  const { least, most } = UNMEASURED_RATE;
  return { windowSeconds: 1, bytesPerSecond: least * (most / least) ** unit };
}

/** Periods up to here tell of the short rounds at the end themselves. */
const SHORT_SECONDS = 2;
/**
 * D(t) grows like t to a power from here (a working set rewritten all the time) to 1 (no page
 * twice); the larger ones are the usual.
 */
const LEAST_SLOPE = 0.05;
/** Rates of a migration over those before it (VEP 246: 2 to 3; often no more). */
const GROWTH = { least: 1, most: 2.5 } as const;

/**
 * The first pass lasts long, and what it dirtied says little about a second: a small hot set and a
 * large cold one look alike. The metric of before (D in one second) tells, where there is one.
 */
function withShortWindow(
  periods: readonly Period[],
  before: readonly Period[],
  { slope, growth }: Unknowns,
): readonly Period[] {
  const [shortest] = periods;
  if (shortest === undefined || shortest.windowSeconds <= SHORT_SECONDS) return periods;
  const dirtied = shortest.windowSeconds * shortest.bytesPerSecond;
  const power = LEAST_SLOPE + (1 - LEAST_SLOPE) * Math.sqrt(slope);
  const guessed = dirtied * shortest.windowSeconds ** -power;
  const measured = before.find(({ windowSeconds }) => windowSeconds <= SHORT_SECONDS);
  const grown = GROWTH.least * (GROWTH.most / GROWTH.least) ** growth;
  const bytesPerSecond =
    measured === undefined ? guessed : measured.bytesPerSecond * measured.windowSeconds * grown;
  const most = Math.min(dirtied, Math.max(bytesPerSecond, shortest.bytesPerSecond));
  return [{ windowSeconds: 1, bytesPerSecond: most }, ...periods];
}

/** Share by which zero pages may be denser or rarer in what is not seen yet. */
const UNSEEN_SPREAD = 0.15;

/** Zero pages cost a header only; how many there are shows from the first pass on. */
function filledOf(guest: Guest, last: Counters, drawn: number): number {
  const measured = guest.workload.kind === 'observed' ? guest.workload.filledBytes : null;
  const { constantPages, normalPages } = last;
  const isFirstPass = (last.iteration ?? 0) <= 1;
  const zero = constantPages ?? 0;
  const seen = isFirstPass ? zero + (normalPages ?? 0) : last.memTotal / PAGE_BYTES;
  if (constantPages === null || seen * PAGE_BYTES <= last.memTotal / 64) {
    return measured ?? guest.memoryBytes;
  }
  const shareSeen = 1 - zero / seen;
  const share = isFirstPass ? shareToCome(guest, last, measured, shareSeen, drawn) : shareSeen;
  const most = Math.min(1, Math.max(0.01, share));
  return Math.round((most * guest.memoryBytes) / PAGE_BYTES) * PAGE_BYTES;
}

/** Of the rest of the first pass: what is filled of it decides how long it takes. */
function shareToCome(
  guest: Guest,
  { memRemaining, normalPages }: Counters,
  measured: number | null,
  shareSeen: number,
  drawn: number,
): number {
  if (measured !== null && measured < guest.memoryBytes && memRemaining > 0) {
    return (measured - (normalPages ?? 0) * PAGE_BYTES) / memRemaining;
  }
  return shareSeen + (shareSeen < 1 ? UNSEEN_SPREAD * drawn : 0);
}
