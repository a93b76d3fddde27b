/** Rounds and decisions, those of the guests that matter most when there are too many. */
import type {
  Columns,
  decisionFields,
  Fields,
  RunDetail,
  RunTables,
  roundFields,
} from './run-tables.js';

/** Keeps a report of 5,000 guests below 5 MB: packed, a row takes some 20 bytes. */
const ROWS_MOST = 120_000;

export function detailOf(
  migrations: RunTables['migrations'],
  rounds: Columns<typeof roundFields> | null,
  decisions: Columns<typeof decisionFields> | null,
): RunDetail {
  const rows = new Map<string, number>();
  for (const table of [rounds, decisions]) {
    for (const guest of table === null ? [] : guestsOf(table)) {
      rows.set(guest, (rows.get(guest) ?? 0) + 1);
    }
  }
  const kept = new Set<string>();
  let left = ROWS_MOST;
  for (const guest of [...new Set([...byImportance(migrations), ...rows.keys()])]) {
    left -= rows.get(guest) ?? 0;
    if (left < 0) break;
    kept.add(guest);
  }
  return {
    rounds: rounds === null ? null : rowsOf(rounds, kept),
    decisions: decisions === null ? null : rowsOf(decisions, kept),
    guestsLeftOut: [...rows.keys()].filter((guest) => !kept.has(guest)).length,
  };
}

type Named = { readonly namespace: readonly string[]; readonly name: readonly string[] };

function guestsOf({ namespace, name }: Named): readonly string[] {
  return namespace.map((space, i) => `${space}/${name[i] ?? ''}`);
}

/** Those that did not succeed, then by the longest pause. */
function byImportance(migrations: RunTables['migrations']): readonly string[] {
  const guests = guestsOf(migrations);
  const pause = (i: number): number => migrations.guest_pause_ms[i] ?? 0;
  const succeeded = (i: number): number => (migrations.outcome[i] === 'succeeded' ? 1 : 0);
  return guests
    .map((_, i) => i)
    .sort((a, b) => succeeded(a) - succeeded(b) || pause(b) - pause(a) || a - b)
    .map((i) => guests[i] ?? '');
}

function rowsOf<F extends Fields>(
  table: Columns<F> & Named,
  kept: ReadonlySet<string>,
): Columns<F> {
  const wanted = guestsOf(table).map((guest) => kept.has(guest));
  if (wanted.every((is) => is)) return table;
  return Object.fromEntries(
    Object.entries(table).map(([name, column]) => [
      name,
      (column as readonly unknown[]).filter((_, i) => wanted[i]),
    ]),
  ) as unknown as Columns<F>;
}
