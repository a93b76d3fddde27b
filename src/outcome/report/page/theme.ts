/** Colours as the style sheet has them, so that charts and text agree in light and dark. */

export interface Theme {
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  readonly surface: string;
  readonly band: string;
  readonly accent: string;
  readonly second: string;
  readonly alarm: string;
}

export function currentTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string): string => style.getPropertyValue(name).trim();
  return {
    text: of('--text'),
    muted: of('--muted'),
    line: of('--line'),
    surface: of('--surface'),
    band: of('--band'),
    accent: of('--accent'),
    second: of('--second'),
    alarm: of('--alarm'),
  };
}

/** The style sheet's colour of an outcome, of a migration or a guest. */
export function outcomeColour(outcome: string): string {
  const style = getComputedStyle(document.documentElement);
  return style.getPropertyValue(`--outcome-${outcome}`).trim() || style.getPropertyValue('--muted');
}

/** Shapes beside the colours, for those who cannot tell these apart. */
const SHAPES: Readonly<Record<string, string>> = {
  succeeded: '●',
  moved: '●',
  aborted: '▲',
  failed: '✕',
  lost: '◆',
  unfinished: '○',
  waiting: '○',
  restarted: '↻',
  'not-movable': '■',
  unschedulable: '▼',
  left: '–',
};

export function outcomeShape(outcome: string): string {
  return SHAPES[outcome] ?? '·';
}
