import type { PageWork } from '../memory/page-work.js';
import type { Fidelity } from '../memory/round.js';
import type { RunProfile } from './run-profile.js';
import type { Run } from './run-state.js';

/** What a run needs beside the fleet. The page work is passed in, so that this folder needs no Node. */
export interface RunOptions {
  readonly seed: number;
  readonly fidelity: Fidelity;
  readonly pageWork: PageWork;
  /** Record every round (`rounds.csv`), every decision (`decisions.csv`). */
  readonly rounds: boolean;
  readonly decisions: boolean;
  /** Ask every migration for its statistics so often, from its start to its end. */
  readonly jobStatsEveryUs?: number;
  /** Step of links.csv. */
  readonly linkStepUs: number;
  /**
   * Called now and then with where the run stands; never decides anything. What it returns is
   * awaited, so that the caller can let signals and screens have their turn.
   */
  readonly onProgress?: (progress: Progress) => void | Promise<void>;
  /** Set to stop early (Ctrl-C): simulate rejects with the signal's reason, nothing is written. */
  readonly signal?: AbortSignal;
  /** Told what the run turns to (`--profile`); nothing that it does decides anything. */
  readonly profile?: RunProfile;
  /** Looks at the run when an instant is over (`npm run soak`); throws where something is wrong. */
  readonly inspect?: (run: Run) => void;
}

export interface Progress {
  readonly simulatedUs: number;
  readonly guestsDone: number;
  readonly guestsTotal: number;
  /** Of those not done: the parts of their memory that are on the other side, added up. */
  readonly guestsUnderWay: number;
  readonly migrationsActive: number;
  /** Sum of the rates of all flows now. */
  readonly bytesPerSecond: number;
}
