/** Where two JSON values differ first. */

export interface Difference {
  /** `outputs[3].state.ewma`; '' for the value as a whole. */
  readonly path: string;
  /** JSON text; `(absent)` where one side has nothing. */
  readonly expected: string;
  readonly got: string;
}

/** Compares exactly: numbers bit for bit (0 is -0), arrays in order, keys as sets. */
export function firstDifference(expected: unknown, got: unknown, path = ''): Difference | null {
  if (Array.isArray(expected) && Array.isArray(got)) {
    const length = Math.max(expected.length, got.length);
    for (let index = 0; index < length; index += 1) {
      const found = firstDifference(expected[index], got[index], `${path}[${index}]`);
      if (found !== null) return found;
    }
    return null;
  }
  if (isObject(expected) && isObject(got)) {
    const keys = new Set([...Object.keys(expected), ...Object.keys(got)]);
    for (const key of [...keys].sort()) {
      const at = path === '' ? key : `${path}.${key}`;
      const found = firstDifference(expected[key], got[key], at);
      if (found !== null) return found;
    }
    return null;
  }
  return expected === got ? null : { path, expected: shown(expected), got: shown(got) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  return value === undefined ? '(absent)' : JSON.stringify(value);
}
