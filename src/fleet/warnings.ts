/** A default taken, a field passed over: told once, counted, never silent (standard error). */
export interface InputWarning {
  readonly file: string;
  readonly path: string;
  readonly message: string;
}
