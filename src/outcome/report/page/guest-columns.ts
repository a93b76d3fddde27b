/** The columns of the table of guests: what they show, sort by and copy. */
import { bytesText, durationText } from '../../quantity-text.js';
import {
  causesOf,
  type PageGuest,
  type PageRun,
  totalSeconds,
  worstDowntimeMs,
} from './page-run.js';
import { outcomeShape } from './theme.js';

export interface GuestColumn {
  readonly title: string;
  /** Header of the copy, with its unit as in docs/outputs.md. */
  readonly csvName: string;
  readonly isNumber: boolean;
  /** Sorted by, and copied; null sorts last. */
  readonly value: (guest: PageGuest) => string | number | null;
  readonly text: (guest: PageGuest) => string;
}

/** With two runs, what the other made of each guest stands behind. */
export function guestColumns(runs: readonly PageRun[]): readonly GuestColumn[] {
  const [first, other] = runs;
  const own = first === undefined || other === undefined ? '' : ` ${first.letter}`;
  return [
    textColumn('Guest', 'guest', (guest) => guest.id),
    numberColumn('Memory', 'memory_bytes', (guest) => guest.memoryBytes, bytesText),
    textColumn('From', 'source_node', (guest) => guest.source),
    textColumn('To', 'final_node', (guest) => guest.final),
    ...outcomeColumns(own, (guest) => guest),
    ...(other === undefined
      ? [
          textColumn('Why slow', 'slow_causes', (guest) => causesOf(guest, 'slowCause').join(', ')),
          textColumn('Why failed', 'fail_causes', (guest) =>
            causesOf(guest, 'failCause').join(', '),
          ),
        ]
      : outcomeColumns(` ${other.letter}`, (guest) => other.byId.get(guest.id))),
  ];
}

function outcomeColumns(
  mark: string,
  of: (guest: PageGuest) => PageGuest | undefined,
): readonly GuestColumn[] {
  const suffix = mark.trim() === '' ? '' : `_${mark.trim().toLowerCase()}`;
  const figure = (read: (guest: PageGuest) => number | null) => (guest: PageGuest) => {
    const found = of(guest);
    return found === undefined ? null : read(found);
  };
  return [
    {
      ...textColumn(`Outcome${mark}`, `outcome${suffix}`, (guest) => of(guest)?.outcome ?? ''),
      text: (guest) => {
        const outcome = of(guest)?.outcome ?? 'not in it';
        return `${outcomeShape(outcome)} ${outcome}`;
      },
    },
    numberColumn(
      `Attempts${mark}`,
      `attempts${suffix}`,
      figure((one) => one.attempts),
      String,
    ),
    numberColumn(`Total time${mark}`, `total_time_s${suffix}`, figure(totalSeconds), (s) =>
      durationText(s * 1e6),
    ),
    numberColumn(`Downtime${mark}`, `downtime_ms${suffix}`, figure(worstDowntimeMs), (ms) =>
      durationText(ms * 1e3),
    ),
  ];
}

function textColumn(
  title: string,
  csvName: string,
  value: (guest: PageGuest) => string,
): GuestColumn {
  return { title, csvName, isNumber: false, value, text: value };
}

function numberColumn(
  title: string,
  csvName: string,
  value: (guest: PageGuest) => number | null,
  show: (value: number) => string,
): GuestColumn {
  const text = (guest: PageGuest): string => {
    const figure = value(guest);
    return figure === null ? '' : show(figure);
  };
  return { title, csvName, isNumber: true, value, text };
}
