/** Option values that yargs would take as they come: checked, with the value in the message. */
import { InputError } from '../fleet/input-error.js';

/** yargs drops a lone `-`; it passes through the parser under this name. */
const STANDARD_STREAM = './-';

export function hideDashes(args: readonly string[]): string[] {
  return args.map((arg) => (arg === '-' ? STANDARD_STREAM : arg));
}

export function showDash(value: string): string {
  return value === STANDARD_STREAM ? '-' : value;
}

/** Of the commands that look at one guest. */
export const GUEST_OPTION = {
  type: 'string',
  requiresArg: true,
  demandOption: true,
  describe: 'NAMESPACE/NAME of the guest',
} as const;

/** yargs collects an option that is given twice; all but `--drain` and `--set` have one value. */
export type GivenOption = string | readonly string[] | undefined;

/** @throws InputError when the option was given more than once, or with nothing behind it. */
export function singleValue(option: string, given: GivenOption): string | undefined {
  if (given === undefined) return undefined;
  if (typeof given !== 'string') throw new InputError(option, '', 'given more than once');
  if (given === '') throw new InputError(option, '', 'needs a value');
  return showDash(given);
}

/** @throws InputError unless the text is a whole number within the bounds. */
export function wholeNumber(
  option: string,
  given: GivenOption,
  bounds: { readonly least: number; readonly most: number },
): number | undefined {
  const text = singleValue(option, given);
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= bounds.least && value <= bounds.most) return value;
  const range = `${bounds.least} to ${bounds.most}`;
  throw new InputError(option, '', `"${text}" is not a whole number from ${range}`);
}

/** @throws InputError unless the text is a decimal number above zero and at most `most`. */
export function positiveNumber(
  option: string,
  given: GivenOption,
  most: number,
): number | undefined {
  const text = singleValue(option, given);
  if (text === undefined) return undefined;
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value > 0 && value <= most) return value;
  throw new InputError(option, '', `"${text}" is not a number above 0 and up to ${most}`);
}
