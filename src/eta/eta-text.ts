/** What `sluice eta` prints for people. */
import { escapeControls } from '../fleet/input-error.js';
import type { Fleet, Guest } from '../fleet/model.js';
import { guestDataSizeGB } from '../kubevirt/data-size.js';
import { settingsFor } from '../kubevirt/policy.js';
import { explainLimits } from '../outcome/explain-limits.js';
import {
  bitRateText,
  bytesText,
  countText,
  durationText,
  percentText,
} from '../outcome/quantity-text.js';
import { ephemeralBytes } from '../simulation/migration-setup.js';
import type { DrainEta } from './drain-eta.js';
import type { Intervention, MigrationEta } from './migration-eta.js';

const PHASES: Readonly<Record<MigrationEta['phase'], string>> = {
  storage: 'copies disks',
  'first-pass': 'in its first pass over the memory',
  rounds: 'sends again what was written meanwhile',
  'post-copy': 'runs at the target; the rest follows (post-copy)',
  done: 'is done',
};

const UNKNOWN: Readonly<Record<MigrationEta['unknown'][number], string>> = {
  'dirty rate':
    'how much it writes is not known before its first pass has ended; a dump with --dirty-rates tells',
  memory:
    'its memory comes behind its disks, and how much that is no counter tells; a dump with --guest does',
};

export function migrationEtaLines(
  eta: MigrationEta,
  limits: readonly LimitAhead[],
): readonly string[] {
  const name = eta.guest === '' ? 'the migration' : escapeControls(eta.guest);
  if (eta.phase === 'done') return [`${name}: is done`];
  return [
    `${name}: ${toGoText(eta)}`,
    `  ${PHASES[eta.phase]}, ${bytesText(eta.remainingBytes)} left at ${bitRateText(eta.bandwidthBytesPerSecond)}`,
    ...(eta.phase === 'post-copy' || eta.alike === 0 ? [] : convergenceLines(eta)),
    ...eta.otherwise.map(
      (one) => `  otherwise (${percentText(one.share)}): ${interventionText(one)}`,
    ),
    ...limits.map(
      ({ name: limit, inSeconds, effect }) =>
        `  KubeVirt's limit (${limit}): ${inSeconds <= 0 ? 'has passed' : `in ${durationText(inSeconds * 1e6)}`}: ${effect}`,
    ),
    ...eta.unknown.map((what) => `  ${UNKNOWN[what]}`),
    ...(eta.alike === 0 && eta.phase !== 'post-copy'
      ? ['  no simulated migration came to stand as these counters do: they are unlike the model']
      : []),
  ];
}

function toGoText({ toGoUs, phase }: MigrationEta): string {
  if (toGoUs === null)
    return 'no end in sight: it does not converge, and KubeVirt has no time limit for it';
  const { p5, p50, p95 } = toGoUs;
  const range = `${durationText(p5)} to ${durationText(p95)} in nine of ten cases`;
  return phase === 'post-copy'
    ? `about ${durationText(p50)} to go (${durationText(p5)} to ${durationText(p95)})`
    : `about ${durationText(p50)} to go (${range})`;
}

function convergenceLines({ convergesShare, downtimeUs }: MigrationEta): readonly string[] {
  const pause =
    downtimeUs === null
      ? ''
      : `, then a pause of ${durationText(downtimeUs.p50)} (95 %: at most ${durationText(downtimeUs.p95)})`;
  return [`  converges by itself: ${percentText(convergesShare)}${pause}`];
}

function interventionText({ action, reason, inUs, outcome }: Intervention): string {
  if (action === 'nothing') return `ends ${outcome} without KubeVirt doing anything`;
  return `KubeVirt would ${action} (${reason}) in ${durationText(inUs)}; it then ends ${outcome}`;
}

/** A time limit of KubeVirt's monitor that lies ahead, or has passed (0 or less). */
export interface LimitAhead {
  readonly name: string;
  readonly inSeconds: number;
  readonly effect: string;
}

/** Limits on the whole migration; the one on progress starts anew with each progress. */
export function limitsAhead(
  fleet: Fleet,
  guest: Guest,
  elapsedUs: number | null,
): readonly LimitAhead[] {
  if (elapsedUs === null) return [];
  const settings = settingsFor(fleet, guest);
  return explainLimits(
    settings,
    guestDataSizeGB(guest, ephemeralBytes(guest)),
    guest.vfio !== null,
  ).flatMap(({ name, seconds, effect }) =>
    seconds === null || !name.startsWith('completion')
      ? []
      : [{ name, inSeconds: seconds - elapsedUs / 1e6, effect }],
  );
}

const STAYERS = 10;

export function drainEtaLines(eta: DrainEta): readonly string[] {
  const { p5, p50, p95 } = eta.toGoUs;
  const now = new Date(eta.nowUs / 1000).toISOString().replace(/\.000Z$/, 'Z');
  const outcomes = eta.outcomes.map(({ outcome, guests }) => `${guests} ${outcome}`).join(', ');
  const stay = eta.stay.slice(0, STAYERS);
  const more = eta.stay.length - stay.length;
  return [
    `about ${durationText(p50)} to go (${durationText(p5)} to ${durationText(p95)} in nine of ten cases), as of ${now}`,
    `  nodes under drain: ${eta.nodes.length === 0 ? 'none' : eta.nodes.join(', ')}`,
    `  ${countText(eta.running, 'migration')} running, ${eta.waiting} waiting, ${countText(eta.guests, 'guest')} to deal with: ${outcomes}`,
    ...stay.map(
      ({ guest, reason, share }) => `  ${guest} (${percentText(share)}): ${escapeControls(reason)}`,
    ),
    ...(more > 0 ? [`  … and ${more} more`] : []),
  ];
}
