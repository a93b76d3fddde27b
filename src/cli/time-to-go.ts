/** How long work will still take, from how much of it was done when. */

export interface TimeToGo {
  /** @param share of the work that is done, 0 to 1. @param nowMs of any steady clock */
  readonly note: (share: number, nowMs: number) => void;
  /** Null while too little is known. */
  readonly leftMs: () => number | null;
}

/** Before that much of the time and of the work, an estimate would jump about. */
const LEAST_MS = 1000;
const LEAST_SHARE = 0.02;
/** Of the time so far: the speed that counts is that of the last stretch, as work gets heavier. */
const RECENT = 0.4;

interface Sample {
  readonly atMs: number;
  readonly share: number;
}

/** Goes by the mean of the speed from the begin on and that of the last two fifths of the time. */
export function createTimeToGo(startMs: number): TimeToGo {
  let samples: Sample[] = [{ atMs: startMs, share: 0 }];
  return {
    note: (share, nowMs) => {
      samples.push({ atMs: nowMs, share });
      if (samples.length > SAMPLES_MOST) samples = everySecond(samples);
    },
    leftMs: () => {
      const last = samples.at(-1) as Sample;
      const elapsedMs = last.atMs - startMs;
      if (elapsedMs < LEAST_MS || last.share < LEAST_SHARE) return null;
      const from = samples.findLast(({ atMs }) => atMs <= last.atMs - RECENT * elapsedMs);
      const recent = from === undefined ? 0 : (last.share - from.share) / (last.atMs - from.atMs);
      const speed = (last.share / elapsedMs + Math.max(0, recent)) / 2;
      return Math.max(0, 1 - last.share) / speed;
    },
  };
}

const SAMPLES_MOST = 512;

function everySecond(samples: readonly Sample[]): Sample[] {
  return samples.filter((_, i) => i % 2 === 0 || i === samples.length - 1);
}
