/** What a person has to do about each guest of the drained nodes, by what became of it in the runs. */
import { durationText } from '../outcome/quantity-text.js';
import { nearestRank } from '../outcome/summary.js';
import type { GuestDetail, ReplicaDetail } from './replica-detail.js';

export type ActionKind =
  | 'migrate-as-is'
  | 'move-last'
  | 'needs-post-copy'
  | 'needs-pause'
  | 'cannot-converge'
  | 'shut-down'
  | 'no-room'
  | 'at-risk'
  | 'not-migrated';

export interface GuestAction {
  /** NAMESPACE/NAME */
  readonly guest: string;
  readonly node: string;
  readonly kind: ActionKind;
  /** What to do, in words. */
  readonly text: string;
  /** Share of the runs in which it moved. */
  readonly moved: number;
}

/** A pause that people notice. */
const LONG_PAUSE_US = 1_000_000;
/** One that takes so much longer than the others holds a place of the queue that they could have. */
const SLOW_FACTOR = 4;
const SLOW_LEAST_US = 120_000_000;

/** By node, then guest. */
export function guestActions(runs: readonly ReplicaDetail[]): readonly GuestAction[] {
  const byGuest = new Map<string, GuestDetail[]>();
  for (const { guests } of runs) {
    for (const detail of guests) {
      const known = byGuest.get(detail.guest);
      if (known === undefined) byGuest.set(detail.guest, [detail]);
      else known.push(detail);
    }
  }
  const times = [...byGuest.values()].flatMap((details) =>
    details.flatMap(({ totalUs }) => totalUs ?? []),
  );
  const usualUs =
    times.length === 0
      ? 0
      : nearestRank(
          [...times].sort((a, b) => a - b),
          0.5,
        );
  return [...byGuest.values()]
    .map((details) => actionFor(details, usualUs))
    .sort((a, b) => (a.node === b.node ? order(a.guest, b.guest) : order(a.node, b.node)));
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function actionFor(details: readonly GuestDetail[], usualUs: number): GuestAction {
  const [first] = details;
  const moved = details.filter(({ outcome }) => outcome === 'moved').length / details.length;
  const [kind, text] =
    moved < 0.5 ? actionIfStaying(details) : actionIfMoving(details, usualUs, moved);
  return { guest: first?.guest ?? '', node: first?.node ?? '', kind, text, moved };
}

function actionIfStaying(details: readonly GuestDetail[]): readonly [ActionKind, string] {
  const stayed = details.find(({ outcome }) => outcome !== 'moved');
  const reason = reasonText(stayed?.reason ?? '');
  switch (stayed?.outcome) {
    case 'not-movable':
      if (/disruption budget/.test(reason)) {
        return ['shut-down', `is kept${reason}: raise its budget, or shut it down in the window`];
      }
      return ['shut-down', `cannot migrate${reason}: shut it down in the window`];
    case 'unschedulable':
      return ['no-room', `no node takes it: make room or shut it down${reason}`];
    case 'restarted':
      return ['not-migrated', `is shut down by the eviction, not migrated${reason}`];
    case 'left':
      return ['not-migrated', `is left to its own controller${reason}`];
    case 'lost':
      return ['at-risk', `is lost when post-copy fails${reason}: shut it down instead`];
    default: {
      const converge = ['stuck', 'stalled', 'completion-timeout'];
      return converge.includes(stayed?.failCause ?? '')
        ? ['cannot-converge', 'cannot converge: shut it down in the window']
        : ['shut-down', `does not move${reason}: shut it down in the window`];
    }
  }
}

/** The scheduler tells of every node; guests.csv has it all. */
const REASON_LENGTH = 100;

function reasonText(reason: string): string {
  if (reason === '') return '';
  const short = reason.length > REASON_LENGTH ? `${reason.slice(0, REASON_LENGTH)}…` : reason;
  return ` (${short})`;
}

function actionIfMoving(
  details: readonly GuestDetail[],
  usualUs: number,
  moved: number,
): readonly [ActionKind, string] {
  const came = details.filter(({ outcome }) => outcome === 'moved');
  const pauseUs = Math.max(...came.map((one) => one.pauseUs));
  const totalUs = Math.max(...came.map((one) => one.totalUs ?? 0));
  const attempts = Math.max(...came.map((one) => one.attempts));
  const throttle = Math.max(...came.map((one) => one.throttleMaxPercent));
  const slowed = throttle >= 50 ? `, throttled by up to ${throttle} %` : '';
  const risk = moved < 1 ? `, and in ${Math.round((1 - moved) * 100)} % of the runs it stays` : '';
  if (came.some(({ mode }) => mode === 'PostCopy')) {
    return ['needs-post-copy', `needs post-copy, pause about ${durationText(pauseUs)}${risk}`];
  }
  if (pauseUs > LONG_PAUSE_US) {
    return ['needs-pause', `needs a pause of about ${durationText(pauseUs)}${slowed}${risk}`];
  }
  if (attempts > 1 || totalUs > Math.max(SLOW_LEAST_US, usualUs * SLOW_FACTOR)) {
    const tries = attempts > 1 ? ` in ${attempts} attempts` : '';
    return ['move-last', `takes ${durationText(totalUs)}${tries}: move it last${slowed}${risk}`];
  }
  return ['migrate-as-is', `moves in ${durationText(totalUs)}${slowed}${risk}`];
}
