/** A default taken, a field passed over: told once, counted, never silent (standard error). */
export interface InputWarning {
  readonly file: string;
  readonly path: string;
  readonly message: string;
  /** How many cases it stands for, where more than one. */
  readonly count?: number;
}
