/**
 * Kubernetes quantities (`16Gi`, `1500m`, `1e3`, or a bare number), as the API server accepts
 * them: apimachinery's parser and the pattern that custom resources are checked with agree on
 * this grammar.
 */
import { describeValue, quoteShort } from './source-document.js';

type ParsedQuantity =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly problem: string };

const GRAMMAR =
  /^([+-]?(?:\d+(?:\.\d*)?|\.\d+))(?:(Ki|Mi|Gi|Ti|Pi|Ei)|([numkMGTPE])|[eE]([+-]?\d+))?$/;

const BINARY_FACTOR = new Map(
  ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'].map((s, i) => [s, 1024 ** (i + 1)]),
);

const DECIMAL_EXPONENT = new Map([
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
]);

/** Quantities are int64 inside Kubernetes; what does not fit would be capped silently there. */
const MAX_MAGNITUDE = 2 ** 63;
/** Far above any quantity that fits; keeps hostile exponents from reaching the number parser. */
const MAX_EXPONENT = 100;
const MAX_LENGTH = 256;

/**
 * The value of a quantity in its base unit (bytes, cores, counts); may be negative or fractional,
 * which is the caller's to judge. Correctly rounded to a double.
 */
export function parseQuantity(value: unknown): ParsedQuantity {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return failure(`${String(value)} is not a Kubernetes quantity`);
    return withinBounds(value, String(value));
  }
  if (typeof value !== 'string') {
    return failure(`expected a quantity, found ${describeValue(value)}`);
  }
  const shown = quoteShort(value);
  const match = value.length <= MAX_LENGTH ? GRAMMAR.exec(value) : null;
  if (match === null) return failure(`${shown} is not a Kubernetes quantity${suggestion(value)}`);
  const [, digits = '', binary, decimal, exponent] = match;
  if (binary !== undefined) {
    return withinBounds(Number(digits) * (BINARY_FACTOR.get(binary) ?? Number.NaN), shown);
  }
  const power =
    decimal !== undefined ? (DECIMAL_EXPONENT.get(decimal) ?? 0) : Number(exponent ?? 0);
  if (Math.abs(power) > MAX_EXPONENT) return failure(`${shown}: exponent out of range`);
  return withinBounds(Number(`${digits}e${power}`), shown);
}

function withinBounds(value: number, shown: string): ParsedQuantity {
  if (Math.abs(value) > MAX_MAGNITUDE) return failure(`${shown}: larger than 2^63-1`);
  return { ok: true, value: value === 0 ? 0 : value };
}

function failure(problem: string): ParsedQuantity {
  return { ok: false, problem };
}

/** ` (did you mean 16G or 16Gi?)` for what people write: `16 GB`, `16GiB`, `16gb`, `16K`. */
function suggestion(value: string): string {
  const match = /^\s*([+-]?\d+(?:\.\d+)?)\s*([kmgtpe]?)(i?)b?(?:ytes?)?\s*$/i.exec(value);
  if (match === null || value.length > MAX_LENGTH) return '';
  const [, digits, prefix = '', binary] = match;
  if (prefix === '') return ` (did you mean ${digits}?)`;
  const upper = prefix.toUpperCase();
  if (binary !== '') return ` (did you mean ${digits}${upper}i?)`;
  return ` (did you mean ${digits}${upper === 'K' ? 'k' : upper} or ${digits}${upper}i?)`;
}
