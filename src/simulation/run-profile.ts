/**
 * Where a run's wall time goes. The model never reads a clock: it says what it turns to, and whoever
 * asked for the profile looks at the time. Nothing comes back that could change a result.
 */
export type RunPart =
  /** Page work on this thread. */
  | 'kernels'
  /** Waiting for page work of other threads. */
  | 'hand-off'
  /** Sharing out the links. */
  | 'network'
  /** The control plane, QEMU's and KubeVirt's machines. */
  | 'decisions'
  /** Records to rows, rows to files. */
  | 'output'
  /** Start-up, loading, progress. */
  | 'rest';

export interface RunProfile {
  /** From now on the time is this part's; returns the one that it was until now. */
  enter(part: RunPart): RunPart;
}
