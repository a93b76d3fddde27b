/** How a run goes on, for a person who waits: on standard error, only at a terminal. */
import { Presets, SingleBar } from 'cli-progress';
import { bitRateText, durationText } from '../outcome/quantity-text.js';
import type { Progress } from '../simulation/options.js';
import { createTimeToGo } from './time-to-go.js';

export interface ProgressDisplay {
  readonly show: (progress: Progress) => void;
  /** Clears the line. */
  readonly stop: () => void;
}

const FORMAT =
  ' {bar} {value}/{total} guests  {left}{simulated} simulated  {active} migrating  {rate}';

const FRAMES_PER_SECOND = 10;

export interface CountDisplay {
  readonly show: (done: number, total: number) => void;
  readonly stop: () => void;
}

const COUNT_FORMAT = ' {bar} {value}/{total} {noun}  {left}';

/** How many of `total` are done, and the time to go at the pace so far; drawn as `progressDisplay`. */
export function countDisplay(quiet: boolean, noun: string): CountDisplay {
  if (quiet || !process.stderr.isTTY) return { show: () => {}, stop: () => {} };
  const bar = barOf(COUNT_FORMAT);
  let first: { readonly done: number; readonly atMs: number } | null = null;
  return {
    show: (done, total) => {
      const atMs = performance.now();
      if (first === null) {
        first = { done, atMs };
        bar.start(total, done, { noun, left: '' });
      }
      bar.setTotal(total);
      const leftMs = ((atMs - first.atMs) * (total - done)) / Math.max(1, done - first.done);
      const left = done > first.done ? `${leftText(leftMs)} to go` : '';
      bar.update(done, { noun, left });
    },
    stop: () => {
      if (first !== null) bar.stop();
    },
  };
}

/** Draws nothing when quiet, or when standard error is not a terminal. */
export function progressDisplay(quiet: boolean): ProgressDisplay {
  if (quiet || !process.stderr.isTTY) return { show: () => {}, stop: () => {} };
  const bar = barOf(FORMAT);
  let started = false;
  let shownMs = Number.NEGATIVE_INFINITY;
  const toGo = createTimeToGo(performance.now());
  return {
    show: (progress) => {
      const nowMs = performance.now();
      // As often as the bar is drawn: adding up what is under way is not free.
      if (nowMs - shownMs < 1000 / FRAMES_PER_SECOND) return;
      shownMs = nowMs;
      const done = progress.guestsDone + progress.guestsUnderWay;
      toGo.note(progress.guestsTotal === 0 ? 0 : done / progress.guestsTotal, nowMs);
      const leftMs = toGo.leftMs();
      const figures = {
        left: leftMs === null ? '' : `${leftText(leftMs)} to go  `,
        simulated: durationText(progress.simulatedUs),
        active: progress.migrationsActive,
        rate: bitRateText(progress.bytesPerSecond),
      };
      if (!started) bar.start(progress.guestsTotal, progress.guestsDone, figures);
      else bar.update(progress.guestsDone, figures);
      started = true;
    },
    stop: () => {
      if (started) bar.stop();
    },
  };
}

function barOf(format: string): SingleBar {
  const fps = FRAMES_PER_SECOND;
  const look = { format, barsize: 24, hideCursor: true, clearOnComplete: true, fps };
  return new SingleBar(look, Presets.shades_classic);
}

/** Whole seconds: more than that is not known. */
function leftText(leftMs: number): string {
  const seconds = Math.ceil(leftMs / 1000);
  return seconds < 60 ? `${seconds} s` : durationText(seconds * 1e6);
}
