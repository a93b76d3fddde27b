/** How a run goes on, for a person who waits: on standard error, only at a terminal. */
import { Presets, SingleBar } from 'cli-progress';
import { bitRateText, durationText } from '../outcome/quantity-text.js';
import type { Progress } from '../simulation/options.js';

export interface ProgressDisplay {
  readonly show: (progress: Progress) => void;
  /** Clears the line. */
  readonly stop: () => void;
}

const FORMAT = ' {bar} {value}/{total} guests  {simulated} simulated  {active} migrating  {rate}';

/** Draws nothing when quiet, or when standard error is not a terminal. */
export function progressDisplay(quiet: boolean): ProgressDisplay {
  if (quiet || !process.stderr.isTTY) return { show: () => {}, stop: () => {} };
  const bar = new SingleBar(
    { format: FORMAT, barsize: 24, hideCursor: true, clearOnComplete: true, fps: 10 },
    Presets.shades_classic,
  );
  let started = false;
  return {
    show: (progress) => {
      const figures = {
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
