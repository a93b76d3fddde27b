/** Holds KubeVirt's recorded decisions against this code (`sluice validate monitor`). */
import { InputError } from '../fleet/input-error.js';
import { stallDetectorOptions } from '../kubevirt/monitor-options.js';
import { type Difference, firstDifference } from './difference.js';
import { replayDetector } from './monitor-detector-replay.js';
import { replayFunction } from './monitor-functions.js';
import { monitoredFacts, replayMonitor } from './monitor-replay.js';
import { type MonitorVector, monitorVector } from './monitor-vector.js';

interface KindCount {
  readonly kind: string;
  readonly lines: number;
  readonly identical: number;
}

interface MonitorDifference extends Difference {
  readonly line: number;
  readonly id: string;
  readonly kind: string;
}

export interface MonitorValidation {
  readonly lines: number;
  readonly identical: number;
  /** By kind's name. */
  readonly kinds: readonly KindCount[];
  /** One for each line that is not identical, in the file's order. */
  readonly differences: readonly MonitorDifference[];
}

/**
 * Replays every line of a vector file. Blank lines are passed over.
 * @throws InputError (with the line) for what is no vector: bad JSON, an unknown kind, bad fields
 */
export function validateMonitor(file: string, text: string): MonitorValidation {
  const counts = new Map<string, { lines: number; identical: number }>();
  const differences: MonitorDifference[] = [];
  for (const [index, source] of text.split('\n').entries()) {
    if (source.trim() === '') continue;
    const vector = parseVector(file, source, index + 1);
    const count = counts.get(vector.kind) ?? { lines: 0, identical: 0 };
    counts.set(vector.kind, count);
    count.lines += 1;
    const difference = differenceOf(vector);
    if (difference === null) count.identical += 1;
    else differences.push({ line: index + 1, id: vector.id, kind: vector.kind, ...difference });
  }
  if (counts.size === 0) throw new InputError(file, '', 'no vectors: every line is blank');
  return totals(counts, differences);
}

function totals(
  counts: ReadonlyMap<string, { lines: number; identical: number }>,
  differences: readonly MonitorDifference[],
): MonitorValidation {
  const kinds = [...counts].map(([kind, count]) => ({ kind, ...count }));
  kinds.sort((a, b) => (a.kind < b.kind ? -1 : 1));
  return {
    lines: kinds.reduce((sum, { lines }) => sum + lines, 0),
    identical: kinds.reduce((sum, { identical }) => sum + identical, 0),
    kinds,
    differences,
  };
}

function differenceOf(vector: MonitorVector): Difference | null {
  switch (vector.kind) {
    case 'monitor':
      return derivedDifference(vector) ?? firstDifference(vector.expect, replayMonitor(vector));
    case 'detector':
      return firstDifference(vector.expect, replayDetector(vector));
    default:
      return firstDifference(vector.expect, replayFunction(vector));
  }
}

/** Facts that KubeVirt's code derives before the first turn: size, VFIO, the factors' doubles. */
function derivedDifference(vector: Extract<MonitorVector, { kind: 'monitor' }>): Difference | null {
  const { dataSize, hasVFIO } = vector.vmi;
  const facts = firstDifference({ dataSize, hasVFIO }, monitoredFacts(vector.vmi), 'vmi');
  const { stallDetector, stallDetectorFloats } = vector.options;
  if (facts !== null || stallDetector === null || stallDetectorFloats === undefined) return facts;
  const { ewmaAlpha, precopyPossibleFactor, patienceWindowDecayFactor, completionTimeoutFactor } =
    stallDetectorOptions(stallDetector);
  return firstDifference(
    stallDetectorFloats,
    { ewmaAlpha, precopyPossibleFactor, patienceWindowDecayFactor, completionTimeoutFactor },
    'options.stallDetectorFloats',
  );
}

function parseVector(file: string, source: string, line: number): MonitorVector {
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new InputError(file, '', `not JSON: ${problem}`, { line, column: 1 });
  }
  const parsed = monitorVector.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.path ?? [];
  throw new InputError(
    file,
    path.map(String).join('.'),
    problemOf(valueAt(value, path), path, issue?.message ?? 'not a vector'),
    { line, column: 1 },
  );
}

function problemOf(found: unknown, path: readonly PropertyKey[], message: string): string {
  if (path.length === 1 && path[0] === 'kind' && found !== undefined) {
    const known = monitorVector.options.map(({ shape }) => shape.kind.value).sort();
    return `unknown kind ${shown(found)}; known are ${known.join(', ')}`;
  }
  return `${message.replace(/^Invalid input: /, '')}, found ${shown(found)}`;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = Reflect.get(at, key);
  }
  return at;
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 60);
}
