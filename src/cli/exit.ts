/** Exit codes that scripts may rely on (DESIGN.md, "Commands and files"). */
export const EXIT_CODES = {
  done: 0,
  /** A comparison, validation or gate failed; nothing is wrong with the command itself. */
  failed: 1,
  /** Wrong input or usage. */
  wrongInput: 2,
  /** `check` found warnings, or blockers. */
  warnings: 3,
  blockers: 4,
  /** A bug in sluice. */
  bug: 70,
  /** Interrupted by the user. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

/**
 * Chooses the code that the process ends with once its output is flushed. Handlers call this and
 * return; nothing but `main` ends the process, so no file or pipe is cut off half way.
 */
export function exitWith(code: ExitCode): void {
  process.exitCode = code;
}
