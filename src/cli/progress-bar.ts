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

/** Draws nothing when quiet, or when standard error is not a terminal. */
export function progressDisplay(quiet: boolean): ProgressDisplay {
  if (quiet || !process.stderr.isTTY) return { show: () => {}, stop: () => {} };
  const bar = new SingleBar(
    {
      format: FORMAT,
      barsize: 24,
      hideCursor: true,
      clearOnComplete: true,
      fps: FRAMES_PER_SECOND,
    },
    Presets.shades_classic,
  );
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

/** Whole seconds: more than that is not known. */
function leftText(leftMs: number): string {
  const seconds = Math.ceil(leftMs / 1000);
  return seconds < 60 ? `${seconds} s` : durationText(seconds * 1e6);
}
