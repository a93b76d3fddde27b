/** Answers of Prometheus' HTTP API: instant vectors and range matrices. */
import { describeValue, type SourceDocument } from '../source-document.js';
import {
  asObject,
  at,
  elements,
  type Field,
  isSet,
  rootField,
  textMap,
  textOr,
  wrong,
} from './field.js';
import { type WarningLog, warn } from './warning-log.js';

export interface Series {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Usable samples in the order of the answer; never negative, NaN or infinite. */
  readonly values: readonly number[];
  /** Seconds, one a value. */
  readonly times: readonly number[];
}

/**
 * Reads the series of one or several metrics; unusable samples are skipped and counted by cause.
 * A series without a metric name (the result of a PromQL function) is taken for the first one.
 * @throws InputError for what is no answer, an error answer, another result type or metric
 */
export function readPrometheus(
  document: SourceDocument,
  metrics: readonly [string, ...string[]],
  log: WarningLog,
): readonly Series[] {
  const data = readData(document);
  const skipped: Skipped = { first: null, causes: new Map() };
  const isMatrix = textOr(at(data, 'resultType'), '') === 'matrix';
  const series = elements(at(data, 'result')).map((result) => {
    const nameField = at(result, 'metric', '__name__');
    const metric = textOr(nameField, metrics[0]);
    if (!metrics.includes(metric))
      throw wrong(nameField, `${metric.slice(0, 80)} is not ${metrics.join(' or ')}`);
    const samples = isMatrix ? elements(at(result, 'values')) : [at(result, 'value')];
    const usable = samples.flatMap((sample) => readSample(sample, skipped));
    const values = usable.map(({ value }) => value);
    const times = usable.map(({ time }) => time);
    return { metric, labels: textMap(at(result, 'metric')), values, times };
  });
  if (series.length === 0) warn(log, at(data, 'result'), 'the answer has no series');
  if (skipped.first !== null) {
    const causes = [...skipped.causes].map(([cause, count]) => `${count} ${cause}`);
    warn(log, skipped.first, `samples skipped: ${causes.join(', ')}`);
  }
  return series;
}

function readData(document: SourceDocument): Field {
  const root = rootField(document);
  const { value } = document;
  const isAnswer = typeof value === 'object' && value !== null && Object.hasOwn(value, 'status');
  if (!isAnswer) {
    throw wrong(
      root,
      `expected a Prometheus answer with status and data, found ${foundKind(root)}`,
    );
  }
  const status = textOr(at(root, 'status'), '');
  if (status !== 'success') {
    const error = textOr(at(root, 'error'), status);
    throw wrong(root, `Prometheus answered with an error: ${error.slice(0, 200)}`);
  }
  const data = at(root, 'data');
  asObject(data);
  const type = at(data, 'resultType');
  const typeName = textOr(type, 'nothing');
  if (typeName !== 'vector' && typeName !== 'matrix') {
    throw wrong(type, `${typeName.slice(0, 80)}, expected vector or matrix`);
  }
  return data;
}

function foundKind(root: Field): string {
  const { value } = root;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return describeValue(value);
  const kind = at(root, 'kind');
  return isSet(kind) ? `Kubernetes kind ${textOr(kind, '')}` : 'an object without them';
}

/** Numbers as Prometheus writes them; Number() also takes spaces, hexadecimal and nothing at all. */
const DECIMAL = /^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/;

interface Skipped {
  first: Field | null;
  readonly causes: Map<string, number>;
}

interface Sample {
  readonly time: number;
  readonly value: number;
}

/** `[timestamp, "value"]`; none when it cannot be used. */
function readSample(sample: Field, skipped: Skipped): readonly Sample[] {
  const pair = sample.value;
  const skip = (cause: string): readonly Sample[] => {
    skipped.first ??= sample;
    skipped.causes.set(cause, (skipped.causes.get(cause) ?? 0) + 1);
    return [];
  };
  if (!Array.isArray(pair) || pair.length !== 2) return skip('not a pair of time and value');
  const [time, text] = pair as readonly unknown[];
  if (typeof time !== 'number' || !Number.isFinite(time)) return skip('not a timestamp');
  if (typeof text !== 'string' && typeof text !== 'number') return skip('not a number');
  if (text === '+Inf' || text === '-Inf') return skip('infinite');
  if (text === 'NaN') return skip('NaN');
  const value = typeof text === 'number' || DECIMAL.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(value)) return skip('not a number');
  return value < 0 ? skip('negative') : [{ time, value }];
}

/** `namespace/name` of the guest that a series is about; null when it does not say. */
export function guestOfSeries(labels: Series['labels']): string | null {
  const { namespace, name } = labels;
  return namespace === undefined || name === undefined ? null : `${namespace}/${name}`;
}

/** Where a complaint about a whole metrics file points. */
export function resultField(document: SourceDocument): Field {
  return at(rootField(document), 'data', 'result');
}
