/** Columns of text for a terminal, each as wide as its widest cell. */

export interface TextColumn {
  readonly title: string;
  readonly align: 'left' | 'right';
}

/** Header and rows as lines; two blanks between columns, none at a line's end. */
export function tableLines(
  columns: readonly TextColumn[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const widths = columns.map((column, i) => {
    let width = column.title.length;
    for (const row of rows) width = Math.max(width, (row[i] ?? '').length);
    return width;
  });
  const line = (cells: readonly string[]): string =>
    columns
      .map((column, i) => {
        const cell = cells[i] ?? '';
        const width = widths[i] ?? 0;
        return column.align === 'left' ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd();
  return [line(columns.map((column) => column.title)), ...rows.map(line)];
}
