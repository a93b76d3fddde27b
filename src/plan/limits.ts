/** A goal's hard limits, held against what a replica did. */
import { matcher } from '../fleet/file/names.js';
import type { GuestSelection, Limit } from '../fleet/goal-model.js';
import type { Guest } from '../fleet/guest-model.js';
import { durationText, percentText } from '../outcome/quantity-text.js';
import { nearestRank } from '../outcome/summary.js';
import { linkUtilisation } from '../outcome/tables.js';
import type { MigrationRecord, RunResult } from '../simulation/result.js';

/** links.csv's step in a plan: what a limit on a link's share is held against. */
export const PLAN_LINK_STEP_US = 10_000_000;

/** What the limit looks at: microseconds, migrations, or a share. */
export function observe(limit: Limit, result: RunResult, guests: readonly Guest[]): number {
  switch (limit.kind) {
    case 'drain-time':
      return result.endUs - result.startUs;
    case 'pause': {
      const chosen = migrationsOf(limit.guests, result, guests);
      const pauses = chosen.map(({ guestPauseUs }) => guestPauseUs).sort((a, b) => a - b);
      if (pauses.length === 0) return 0;
      return limit.quantile === 'worst' ? (pauses.at(-1) ?? 0) : nearestRank(pauses, 0.99);
    }
    case 'no-post-copy':
      return migrationsOf(limit.guests, result, guests).filter(({ mode }) => mode === 'PostCopy')
        .length;
    case 'link-share': {
      const isMeant = matcher(limit.links);
      let most = 0;
      for (const step of result.links) {
        if (isMeant(step.link)) most = Math.max(most, linkUtilisation(step));
      }
      return most;
    }
  }
}

function migrationsOf(
  selection: GuestSelection,
  result: RunResult,
  guests: readonly Guest[],
): readonly MigrationRecord[] {
  const isSelected = selectionTest(selection);
  const chosen = new Set(
    guests.filter(isSelected).map(({ namespace, name }) => `${namespace}/${name}`),
  );
  return result.migrations.filter(({ namespace, name }) => chosen.has(`${namespace}/${name}`));
}

export function selectionTest(
  selection: GuestSelection,
): (guest: Pick<Guest, 'namespace' | 'labels'>) => boolean {
  const inNamespace = matcher(selection.namespace);
  const wanted = Object.entries(selection.labels);
  return ({ namespace, labels }) =>
    inNamespace(namespace) && wanted.every(([key, value]) => labels[key] === value);
}

/** How far past the limit, as a share of it; 0: within. */
export function excessOf(limit: Limit, observed: number): number {
  const most = mostOf(limit);
  if (observed <= most) return 0;
  return most === 0 ? observed : observed / most - 1;
}

function mostOf(limit: Limit): number {
  switch (limit.kind) {
    case 'drain-time':
    case 'pause':
      return limit.mostUs;
    case 'no-post-copy':
      return 0;
    case 'link-share':
      return limit.most;
  }
}

/** `drain time at most 4 h`. */
export function limitText(limit: Limit): string {
  switch (limit.kind) {
    case 'drain-time':
      return `drain time at most ${durationText(limit.mostUs)}`;
    case 'pause': {
      const which = limit.quantile === 'p99' ? 'p99 of the pauses' : 'longest pause';
      return `${which} of ${selectionText(limit.guests)} at most ${durationText(limit.mostUs)}`;
    }
    case 'no-post-copy':
      return `no post-copy for ${selectionText(limit.guests)}`;
    case 'link-share':
      return `migrations take at most ${percentText(limit.most)} of ${limit.links}`;
  }
}

export function observedText(limit: Limit, observed: number): string {
  switch (limit.kind) {
    case 'drain-time':
    case 'pause':
      return durationText(observed);
    case 'no-post-copy':
      return `${observed} in post-copy`;
    case 'link-share':
      return percentText(observed);
  }
}

function selectionText({ labels, namespace }: GuestSelection): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const where = namespace === '*' ? [] : [`namespace ${namespace}`];
  const words = [...pairs, ...where];
  return words.length === 0 ? 'all guests' : `guests with ${words.join(', ')}`;
}
