/**
 * Two of Kubernetes' Quantity conversions to the last bit, where KubeVirt's decisions hang on them.
 * The text has been checked by the fleet's loader before.
 */
import { parseQuantity } from '../fleet/quantity.js';

const DECIMAL = /^([+-]?)(\d*)\.?(\d*)(?:([numkMGTPE])|[eE]([+-]?\d+))?$/;
const SUFFIX_EXPONENT: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};

/**
 * AsApproximateFloat64 of a canonical quantity: digits × 10^scale in doubles, so "0.3" is
 * 0.30000000000000004 (spec/kubevirt.md 1.3). NaN for text that is no quantity.
 */
export function quantityToDouble(text: string): number {
  const match = DECIMAL.exec(text);
  if (match === null) return plainValue(text);
  const [, sign = '', whole = '', fraction = '', suffix, exponentText] = match;
  const digits = `${whole}${fraction}`;
  if (digits === '') return Number.NaN;
  const trimmed = digits.replace(/0+$/, '');
  const suffixExponent = suffix === undefined ? 0 : (SUFFIX_EXPONENT[suffix] ?? 0);
  const scale = suffixExponent + Number(exponentText ?? 0) - fraction.length;
  const dropped = digits.length - trimmed.length;
  const base = Number(`${sign}${trimmed === '' ? '0' : trimmed}`);
  return base * Number(`1e${scale + dropped}`);
}

/**
 * virt-launcher's QuantityToByte (converter/vcpu/vcpu.go): a quantity that Go holds as a whole
 * int64 is taken as it is; any other is rounded up, and then one less.
 */
export function quantityToByte(text: string): number {
  const value = plainValue(text);
  return isHeldAsInteger(text) ? value : Math.ceil(value) - 1;
}

/** What ParseQuantity keeps as int64 with a scale ≥ 0: `1.5G`, but not `1.5Gi` or `1.0`. */
function isHeldAsInteger(text: string): boolean {
  const match = DECIMAL.exec(text);
  if (match === null) return !text.includes('.');
  const [, , , fraction = '', suffix, exponentText] = match;
  const exponent =
    suffix === undefined ? Number(exponentText ?? 0) : (SUFFIX_EXPONENT[suffix] ?? 0);
  return exponent >= fraction.length;
}

function plainValue(text: string): number {
  const parsed = parseQuantity(text);
  return parsed.ok ? parsed.value : Number.NaN;
}
