/** Warnings on standard error: one line each, and a count where there are many of a kind. */
import { formatInputProblem } from '../fleet/input-error.js';
import type { InputWarning } from '../fleet/warnings.js';

const TOLD_OF_A_KIND = 5;

/** The lines to print, in the order of the first of each kind. */
export function warningLines(warnings: readonly InputWarning[]): readonly string[] {
  const kinds = new Map<string, InputWarning[]>();
  for (const warning of warnings) {
    const kind = kindOf(warning);
    const same = kinds.get(kind);
    if (same === undefined) kinds.set(kind, [warning]);
    else same.push(warning);
  }
  return [...kinds.values()].flatMap((same) => linesOfKind(same));
}

function linesOfKind(same: readonly InputWarning[]): readonly string[] {
  // One more line would say "and 1 more": the warning itself says it better.
  const told = same.length === TOLD_OF_A_KIND + 1 ? same : same.slice(0, TOLD_OF_A_KIND);
  const lines = told.map((w) => formatInputProblem(w.file, w.path, `warning: ${w.message}`, null));
  const rest = same.length - told.length;
  const file = same[0]?.file ?? '';
  return rest === 0 ? lines : [...lines, `${file}: warning: … and ${rest} more of this kind`];
}

/** Warnings that differ only in names and figures are of one kind. */
function kindOf(warning: InputWarning): string {
  const message = warning.message.replaceAll(/"[^"]*"|\d+(\.\d+)?|\S+\/\S+/g, '#');
  return `${warning.file}\0${message}`;
}

export function printWarnings(warnings: readonly InputWarning[]): void {
  const lines = warningLines(warnings);
  if (lines.length > 0) process.stderr.write(`${lines.join('\n')}\n`);
}
