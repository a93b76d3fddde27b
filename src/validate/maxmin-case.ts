/** Cases of shared/data/maxmin (README there): one JSON object a line, checked field by field. */
import { InputError } from '../fleet/input-error.js';

interface MaxminFlow {
  readonly startSeconds: number;
  readonly bytes: number;
  readonly route: readonly number[];
  /** Infinity: none. */
  readonly capBytesPerSecond: number;
  readonly weight: number;
}

export interface MaxminCase {
  readonly name: string;
  readonly capacitiesBytesPerSecond: readonly number[];
  readonly flows: readonly MaxminFlow[];
  /** By flow: when the recorded solution ends it. */
  readonly finishSeconds: readonly number[];
}

type Fields = Readonly<Record<string, unknown>>;

/** Says what is wrong with the field at `path` of the line at hand. */
type Refuse = (path: string, value: unknown, wanted: string) => InputError;

/**
 * The cases of a file's text, in order; blank lines are skipped.
 * @throws InputError with the line's number, for the first thing wrong and for no case at all
 */
export function parseMaxminCases(file: string, text: string): readonly MaxminCase[] {
  const cases: MaxminCase[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const position = { line: index + 1, column: 1 };
    cases.push(
      parseCase(parseJson(file, line, position), (path, value, wanted) => {
        const problem = `${JSON.stringify(value) ?? 'missing'} should be ${wanted}`;
        return new InputError(file, path, problem, position);
      }),
    );
  }
  if (cases.length === 0) throw new InputError(file, '', 'holds no case');
  return cases;
}

function parseJson(
  file: string,
  line: string,
  position: { readonly line: number; readonly column: number },
): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(file, '', `should be one JSON object a line: ${reason}`, position);
  }
}

function parseCase(value: unknown, refuse: Refuse): MaxminCase {
  const fields = objectAt('', value, refuse);
  const name = fields.case;
  if (typeof name !== 'string') throw refuse('case', name, 'a text');
  const capacitiesBytesPerSecond = listAt('links', fields.links, refuse).map((link, i) => {
    const path = `links[${i}]`;
    return positiveAt(`${path}.capacity`, objectAt(path, link, refuse).capacity, refuse);
  });
  const flows = listAt('flows', fields.flows, refuse).map((flow, i) =>
    parseFlow(`flows[${i}]`, flow, capacitiesBytesPerSecond.length, refuse),
  );
  const finishSeconds = listAt('finish', fields.finish, refuse).map((finish, i) => {
    const start = flows[i]?.startSeconds ?? 0;
    if (isNumber(finish) && finish >= start) return finish;
    throw refuse(`finish[${i}]`, finish, `a number of seconds from the flow's start (${start}) on`);
  });
  if (finishSeconds.length !== flows.length) {
    throw refuse('finish', finishSeconds.length, `as many entries as flows (${flows.length})`);
  }
  return { name, capacitiesBytesPerSecond, flows, finishSeconds };
}

function parseFlow(path: string, value: unknown, linkCount: number, refuse: Refuse): MaxminFlow {
  const { start, bytes, route, cap, weight = 1 } = objectAt(path, value, refuse);
  if (!isNumber(start) || start < 0) throw refuse(`${path}.start`, start, 'seconds, 0 or more');
  if (!isNumber(bytes) || !Number.isSafeInteger(bytes) || bytes < 0) {
    throw refuse(`${path}.bytes`, bytes, 'a whole number, 0 or more');
  }
  if (!isNumber(weight) || !Number.isSafeInteger(weight) || weight < 1) {
    throw refuse(`${path}.weight`, weight, 'a whole number, 1 or more');
  }
  const links = listAt(`${path}.route`, route, refuse);
  for (const [i, link] of links.entries()) {
    const isLink = isNumber(link) && Number.isInteger(link) && link >= 0 && link < linkCount;
    if (!isLink) throw refuse(`${path}.route[${i}]`, link, `an index into ${linkCount} links`);
    if (links.indexOf(link) !== i) {
      throw refuse(`${path}.route[${i}]`, link, 'in the route only once');
    }
  }
  const isUncapped = cap === null || cap === undefined;
  if (isUncapped && links.length === 0) throw refuse(`${path}.route`, route, 'bound by a link');
  return {
    startSeconds: start,
    bytes,
    route: links as readonly number[],
    capBytesPerSecond: isUncapped
      ? Number.POSITIVE_INFINITY
      : positiveAt(`${path}.cap`, cap, refuse),
    weight,
  };
}

function objectAt(path: string, value: unknown, refuse: Refuse): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw refuse(path, value, 'an object');
}

function listAt(path: string, value: unknown, refuse: Refuse): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw refuse(path, value, 'a list');
}

function positiveAt(path: string, value: unknown, refuse: Refuse): number {
  if (isNumber(value) && value > 0) return value;
  throw refuse(path, value, 'bytes a second, above 0');
}

/** JSON has no NaN, but 1e999 reads as Infinity. */
function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
