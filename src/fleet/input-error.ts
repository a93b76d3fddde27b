/**
 * Bad input, told to a person in one line: `file: path.to.field (line:column): what is wrong`.
 * The CLI prints it on standard error and exits with 2; nothing else may catch it.
 */
export class InputError extends Error {
  override readonly name = 'InputError';
  constructor(
    /** The file as the user named it; `-` for standard input. */
    readonly file: string,
    /** Path to the field (`items[2].spec…`), or '' when the file as a whole is wrong. */
    readonly path: string,
    /** What is wrong, and what would be right. */
    readonly problem: string,
    readonly position: { readonly line: number; readonly column: number } | null = null,
  ) {
    super(formatInputProblem(file, path, problem, position));
  }
}

const SHOWN_MOST = 400;

/** One line, control characters escaped, whatever the input held. */
export function formatInputProblem(
  file: string,
  path: string,
  problem: string,
  position: { readonly line: number; readonly column: number } | null,
): string {
  const at = position === null ? '' : `${position.line}:${position.column}`;
  const place = shortened(path);
  const where = place === '' ? at : at === '' ? place : `${place} (${at})`;
  const told = shortened(problem);
  const line = where === '' ? `${file}: ${told}` : `${file}: ${where}: ${told}`;
  return escapeControls(line);
}

/** A value or a key of any length may stand in it: a line is to be read. */
function shortened(text: string): string {
  if (text.length <= SHOWN_MOST) return text;
  return `${text.slice(0, SHOWN_MOST / 2)} … ${text.slice(-SHOWN_MOST / 2)}`;
}

/** Text from outside, safe to print: line breaks, terminal escapes and bidi marks as `\uXXXX`. */
export function escapeControls(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
