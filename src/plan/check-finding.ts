/** What a check finds: one sentence about one thing, how bad it is, and what would help. */
import { type Column, textColumn } from '../outcome/column.js';

/** `blocker`: the drain cannot end; `warning`: it may go wrong; `note`: worth knowing. */
export type Severity = 'blocker' | 'warning' | 'note';

export type CheckName =
  | 'not-migratable'
  | 'external'
  | 'left-by-taint'
  | 'disruption-budget'
  | 'quota'
  | 'volume-too-small'
  | 'no-target'
  | 'no-room'
  | 'no-room-together'
  | 'restarted'
  | 'cpu-trap'
  | 'few-targets'
  | 'crowded-target'
  | 'balance'
  | 'spare-room'
  | 'not-converging'
  | 'may-not-converge'
  | 'slowed'
  | 'first-pass-too-slow'
  | 'dirty-rate-unknown'
  | 'mirror-behind'
  | 'copies-disks'
  | 'in-flight'
  | 'node-state'
  | 'other-pods'
  | 'no-slots'
  | 'post-copy-never'
  | 'policy-admission'
  | 'idle-setting'
  | 'parallel-above-links'
  | 'policies-overlap'
  | 'policy-unused';

export interface Finding {
  readonly severity: Severity;
  readonly check: CheckName;
  readonly about: 'guest' | 'node' | 'pod' | 'policy' | 'cluster';
  /** NAMESPACE/NAME of a guest or pod, a node's or policy's name, a setting. */
  readonly subject: string;
  /** The node that it is on; '' where it is on none. */
  readonly node: string;
  readonly finding: string;
  /** What would help; '' where nothing is to be done. */
  readonly advice: string;
}

export const findingColumns: readonly Column<Finding>[] = [
  textColumn('severity', (f) => f.severity),
  textColumn('check', (f) => f.check),
  textColumn('about', (f) => f.about),
  textColumn('subject', (f) => f.subject),
  textColumn('node', (f) => f.node),
  textColumn('finding', (f) => f.finding),
  textColumn('advice', (f) => f.advice),
];
