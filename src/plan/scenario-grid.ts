/** The scenarios of a sweep: every combination of the values that `--set` lists. */
import type { Setting } from '../fleet/file/parameters.js';
import { InputError } from '../fleet/input-error.js';

/** One `--set PATH=V1,V2,…`. */
export interface Axis {
  readonly path: string;
  readonly values: readonly string[];
}

export interface Scenario {
  /** From 1 on; the last axis turns fastest. */
  readonly number: number;
  /** One value for each axis, in their order. */
  readonly settings: readonly Setting[];
}

/** Reads what stands behind a `--set`: commas within brackets, braces and quotes are the value's own. */
export function axisOf({ path, value }: Setting): Axis {
  const values = splitValues(value).map((text) => text.trim());
  if (values.includes('')) {
    throw new InputError('--set', path, `"${value}" lists an empty value (write "" for no text)`);
  }
  return { path, values };
}

function splitValues(text: string): readonly string[] {
  const values: string[] = [];
  let value = '';
  let depth = 0;
  let quote = '';
  for (const character of text) {
    if (quote !== '') quote = character === quote ? '' : quote;
    else if (character === '"' || character === "'") quote = character;
    else if ('[{'.includes(character)) depth += 1;
    else if (']}'.includes(character)) depth -= 1;
    if (character === ',' && depth === 0 && quote === '') {
      values.push(value);
      value = '';
    } else {
      value += character;
    }
  }
  return [...values, value];
}

export function scenarioCount(axes: readonly Axis[]): number {
  return axes.reduce((count, { values }) => count * values.length, 1);
}

/** One at a time, so that a grid of any size costs nothing. */
export function* scenariosOf(axes: readonly Axis[]): Generator<Scenario> {
  const count = scenarioCount(axes);
  for (let index = 0; index < count; index += 1) {
    let rest = index;
    const settings: Setting[] = [];
    for (const { path, values } of [...axes].reverse()) {
      settings.unshift({ path, value: values[rest % values.length] ?? '' });
      rest = Math.floor(rest / values.length);
    }
    yield { number: index + 1, settings };
  }
}
