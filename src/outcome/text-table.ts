/** Columns of text for a terminal, each as wide as its widest cell. */

export interface TextColumn {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** Left out where the width does not hold the table; the highest goes first. None: never. */
  readonly spare?: number;
}

/**
 * Header and rows as lines; two blanks between columns, none at a line's end.
 * @param width what a line may have; columns that can be spared are left out, and named below
 */
export function tableLines(
  columns: readonly TextColumn[],
  rows: readonly (readonly string[])[],
  width: number = Number.POSITIVE_INFINITY,
): readonly string[] {
  const widths = columns.map((column, i) =>
    rows.reduce((most, row) => Math.max(most, (row[i] ?? '').length), column.title.length),
  );
  const kept = columnsWithin(columns, widths, width);
  const line = (cells: readonly string[]): string =>
    kept
      .map((i) => {
        const cell = cells[i] ?? '';
        return columns[i]?.align === 'left'
          ? cell.padEnd(widths[i] ?? 0)
          : cell.padStart(widths[i] ?? 0);
      })
      .join('  ')
      .trimEnd();
  const left = columns.filter((_, i) => !kept.includes(i)).map((column) => column.title);
  return [
    line(columns.map((column) => column.title)),
    ...rows.map(line),
    ...(left.length === 0 ? [] : [`(too narrow for: ${left.join(', ')})`]),
  ];
}

/** Indices of the columns that fit. */
function columnsWithin(
  columns: readonly TextColumn[],
  widths: readonly number[],
  width: number,
): readonly number[] {
  let kept = columns.map((_, i) => i);
  const total = (): number => kept.reduce((sum, i) => sum + (widths[i] ?? 0) + 2, -2);
  while (total() > width) {
    const spare = (i: number): number => columns[i]?.spare ?? 0;
    const next = kept.reduce((most, i) => (spare(i) > spare(most) ? i : most), kept[0] ?? 0);
    if (spare(next) === 0) break;
    kept = kept.filter((i) => i !== next);
  }
  return kept;
}

/** A line that is too long, broken at blanks; its continuation stands four further in. */
export function wrapLine(line: string, width: number): readonly string[] {
  if (line.length <= width) return [line];
  const indent = ' '.repeat(Math.min(leadingBlanks(line) + 4, Math.floor(width / 2)));
  const lines: string[] = [];
  let rest = line;
  while (rest.length > width) {
    const from = lines.length === 0 ? leadingBlanks(line) + 1 : indent.length + 1;
    const blank = rest.lastIndexOf(' ', width);
    // A word longer than the line is left whole: it may be a name to copy.
    const cut = blank >= from ? blank : rest.indexOf(' ', width);
    if (cut < 0) break;
    lines.push(rest.slice(0, cut).trimEnd());
    rest = `${indent}${rest.slice(cut).trimStart()}`;
  }
  return [...lines, rest];
}

function leadingBlanks(line: string): number {
  return line.length - line.trimStart().length;
}
