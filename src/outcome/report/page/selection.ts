/** Which guests are looked at: one filter for all parts of the page. */
import { causesOf, type PageGuest, type PageRun } from './page-run.js';

export interface Filter {
  /** Part of a name, node, outcome or cause; words must all be met. */
  readonly search: string;
  /** Guests' outcomes; empty: all. */
  readonly outcomes: ReadonlySet<string>;
  /** A slow or fail cause; '' for any. */
  readonly cause: string;
  /** Being migrated at some time between; null: no bound. */
  readonly fromS: number | null;
  readonly toS: number | null;
  /** NAMESPACE/NAME of those in a brushed area; null: all. */
  readonly brushed: ReadonlySet<string> | null;
}

export const EVERYTHING: Filter = {
  search: '',
  outcomes: new Set(),
  cause: '',
  fromS: null,
  toS: null,
  brushed: null,
};

export interface Selection {
  filter(): Filter;
  /** Guests of a run that pass, in the run's order. */
  shown(run: PageRun): readonly PageGuest[];
  isShown(run: PageRun, guest: PageGuest): boolean;
  change(part: Partial<Filter>): void;
  onChange(listener: () => void): void;
}

/** `isAll` is so cheap that parts may ask it to leave out their own work. */
export function isAll(filter: Filter): boolean {
  return (
    filter.search === '' &&
    filter.outcomes.size === 0 &&
    filter.cause === '' &&
    filter.fromS === null &&
    filter.toS === null &&
    filter.brushed === null
  );
}

export function createSelection(runs: readonly PageRun[]): Selection {
  let filter = EVERYTHING;
  const listeners: (() => void)[] = [];
  const texts = new Map(runs.flatMap((run) => run.guests.map((guest) => [guest, textOf(guest)])));
  const choose = (run: PageRun): ReadonlySet<PageGuest> => {
    const words = filter.search.toLowerCase().split(/\s+/);
    const meets = (guest: PageGuest): boolean => {
      const text = texts.get(guest) ?? '';
      return words.every((word) => text.includes(word)) && passes(guest, filter);
    };
    return new Set(run.guests.filter(meets));
  };
  let shown = new Map(runs.map((run) => [run, choose(run)]));
  return {
    filter: () => filter,
    shown: (run) => [...(shown.get(run) ?? [])],
    isShown: (run, guest) => shown.get(run)?.has(guest) ?? false,
    change: (part) => {
      filter = { ...filter, ...part };
      shown = new Map(runs.map((run) => [run, choose(run)]));
      for (const listener of listeners) listener();
    },
    onChange: (listener) => listeners.push(listener),
  };
}

function textOf(guest: PageGuest): string {
  const words = [
    guest.id,
    guest.source,
    guest.final,
    guest.outcome,
    guest.reason,
    ...causesOf(guest, 'slowCause'),
    ...causesOf(guest, 'failCause'),
  ];
  return words.join(' ').toLowerCase();
}

function passes(guest: PageGuest, filter: Filter): boolean {
  if (filter.outcomes.size > 0 && !filter.outcomes.has(guest.outcome)) return false;
  if (filter.brushed !== null && !filter.brushed.has(guest.id)) return false;
  if (filter.cause !== '' && !hasCause(guest, filter.cause)) return false;
  return isWithin(guest, filter.fromS, filter.toS);
}

function hasCause(guest: PageGuest, cause: string): boolean {
  return guest.migrations.some((one) => one.slowCause === cause || one.failCause === cause);
}

/** A guest without a migration is there all the time. */
function isWithin(guest: PageGuest, fromS: number | null, toS: number | null): boolean {
  if (fromS === null && toS === null) return true;
  if (guest.migrations.length === 0) return true;
  return guest.migrations.some(
    (one) =>
      (one.startedS ?? one.createdS) <= (toS ?? Number.POSITIVE_INFINITY) &&
      one.endedS >= (fromS ?? Number.NEGATIVE_INFINITY),
  );
}
