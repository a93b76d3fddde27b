import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseQuantity } from '../../src/fleet/quantity.js';

function bytesOf(text: unknown): number {
  const parsed = parseQuantity(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.value;
}

function problemOf(text: unknown): string {
  const parsed = parseQuantity(text);
  return parsed.ok ? `accepted as ${parsed.value}` : parsed.problem;
}

describe('Kubernetes quantities', () => {
  it.each([
    ['16Gi', 16 * 2 ** 30],
    ['8000Mi', 8000 * 2 ** 20],
    ['1.5Gi', 1.5 * 2 ** 30],
    ['1E', 1e18],
    ['1E3', 1000],
    ['1e3', 1000],
    ['1e+3', 1000],
    ['1500m', 1.5],
    ['100n', 1e-7],
    ['250u', 250e-6],
    ['1k', 1000],
    ['126500m', 126.5],
    ['459174912Ki', 459174912 * 1024],
    ['.5', 0.5],
    ['-.5', -0.5],
    ['+.5Ki', 512],
    ['5.', 5],
    ['1.Gi', 2 ** 30],
    ['+5', 5],
    ['-1', -1],
    ['0', 0],
    ['0.0', 0],
    ['007', 7],
    ['00012Ki', 12 * 1024],
    ['12Ki', 12 * 1024],
    ['1.5E3', 1500],
    ['1e-3', 0.001],
    ['1E-3', 0.001],
    ['1E+3', 1000],
    ['1e003', 1000],
    ['1n', 1e-9],
    ['1.5u', 1.5e-6],
    ['-100m', -0.1],
    ['7E', 7e18],
    ['7Ei', 7 * 2 ** 60],
    ['-8Gi', -8 * 2 ** 30],
    ['-0', 0],
    [8589934592, 8589934592],
    [1.5, 1.5],
    ['9223372036854775807', 2 ** 63],
  ])('%s is %d', (text, value) => {
    expect(bytesOf(text)).toBe(value);
  });

  it.each([
    '',
    ' ',
    '1 Gi',
    ' 1',
    '1 ',
    'Gi',
    '1i',
    '.5i',
    '1.1.M',
    '1+1.0M',
    '0.1mi',
    'aoeu',
    '1e',
    '1e-',
    '1e1.5',
    '1e+',
    '1e3Ki',
    '1e3m',
    '1E3E',
    '0x10',
    '0b1',
    '0o7',
    '1_000',
    '1,000',
    '1\n',
    '\t1',
    '1\u00a0',
    '--1',
    '+-1',
    '1-',
    '1.2.3',
    '..5',
    '1ki',
    '1KI',
    '1gi',
    '1K',
    '1B',
    '1Bi',
    '1mi',
    '1ui',
    '1Ym',
    '1Z',
    '1Gi1',
    'Ki1',
    '+',
    '-Gi',
    '1µ',
    '-Infinity',
    '٣',
    '１',
    'Infinity',
    'NaN',
    '1Kib',
    '.',
  ])('refuses %j', (text) => {
    expect(problemOf(text)).toMatch(/is not a Kubernetes quantity/);
  });

  it.each([
    ['16 GB', '"16 GB" is not a Kubernetes quantity (did you mean 16G or 16Gi?)'],
    ['16gib', '"16gib" is not a Kubernetes quantity (did you mean 16Gi?)'],
    ['5K', '"5K" is not a Kubernetes quantity (did you mean 5k or 5Ki?)'],
    ['512 bytes', '"512 bytes" is not a Kubernetes quantity (did you mean 512?)'],
    ['1e999999999', '"1e999999999": exponent out of range'],
    ['1e-999999999', '"1e-999999999": exponent out of range'],
    ['9999999999999999999Ei', '"9999999999999999999Ei": larger than 2^63-1'],
    ['8Ei', 'accepted as 9223372036854776000'],
    ['9Ei', '"9Ei": larger than 2^63-1'],
    [{ Gi: 8 }, 'expected a quantity, found an object'],
    [['1'], 'expected a quantity, found an array'],
    [true, 'expected a quantity, found the boolean true'],
    [Number.NaN, 'NaN is not a Kubernetes quantity'],
    [1e300, '1e+300: larger than 2^63-1'],
  ])('%j: %s', (text, problem) => {
    expect(problemOf(text)).toBe(problem);
  });

  it('never throws, hangs or gives a value that is not finite', () => {
    const fragments = fc.constantFrom(
      '1',
      '9',
      '0',
      '.',
      'e',
      'E',
      '-',
      '+',
      'Ki',
      'Gi',
      'm',
      'n',
      ' ',
      'x',
    );
    fc.assert(
      fc.property(fc.array(fragments, { maxLength: 30 }), (parts) => {
        const parsed = parseQuantity(parts.join(''));
        if (parsed.ok) expect(Number.isFinite(parsed.value)).toBe(true);
        else expect(parsed.problem).not.toBe('');
      }),
      { seed: 3, numRuns: 2000 },
    );
    expect(problemOf('9'.repeat(1_000_000)).length).toBeLessThan(200);
  });

  it('reads back every whole number with every suffix', () => {
    const suffixes = fc.constantFrom(...Object.entries(SUFFIXES));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 8000 }), suffixes, (digits, [suffix, factor]) => {
        fc.pre(digits * factor < 2 ** 63);
        expect(bytesOf(`${digits}${suffix}`)).toBe(digits * factor);
      }),
      { seed: 4, numRuns: 1000 },
    );
  });
});

const SUFFIXES = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};
