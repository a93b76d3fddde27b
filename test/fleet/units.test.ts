import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatDuration,
  formatPageRate,
  formatRate,
  formatShare,
  formatSize,
  parseDuration,
  parsePageRate,
  parseRate,
  parseShare,
  parseSize,
  parseWritesPerPage,
  type Reading,
} from '../../src/fleet/units.js';

const SEED = { seed: 2, numRuns: 500 };
const value = (read: Reading): number => {
  if (!read.ok) {
    throw new Error(read.problem);
  }
  return read.value;
};

describe('quantities as operators write them', () => {
  it.each([
    ['64Gi', 64 * 2 ** 30],
    ['1TiB', 2 ** 40],
    ['512MiB', 512 * 2 ** 20],
    ['512 MiB', 512 * 2 ** 20],
    ['16G', 16e9],
    ['1.5Gi', 1.5 * 2 ** 30],
    ['1E', 1e18],
    ['1e3', 1000],
    [4096, 4096],
  ])('size %s', (text, bytes) => {
    expect(value(parseSize(text))).toBe(bytes);
  });

  it.each([
    ['25Gbit/s', 3.125e9],
    ['25Gbps', 3.125e9],
    ['2x25Gbit/s', 6.25e9],
    ['4 x 100Gbit/s', 50e9],
    ['200MiB/s', 200 * 2 ** 20],
    ['1Gi', 2 ** 30],
    ['3GB/s', 3e9],
    ['0Mi', 0],
    ['1bit/s', 0.125],
  ])('rate %s', (text, bytesPerSecond) => {
    expect(value(parseRate(text))).toBe(bytesPerSecond);
  });

  it.each([
    ['300ms', 300_000],
    ['5s', 5e6],
    ['0.3s', 300_000],
    ['1.1s', 1_100_000],
    ['2m', 120e6],
    ['1h30m', 5400e6],
    ['1h', 3600e6],
    ['10.5us', 10.5],
    ['0', 0],
  ])('duration %s', (text, microseconds) => {
    expect(value(parseDuration(text))).toBe(microseconds);
  });

  it('page rates, rates per page and shares', () => {
    expect(value(parsePageRate('40k pages/s'))).toBe(40_000);
    expect(value(parsePageRate('1M pages/s'))).toBe(1e6);
    expect(value(parsePageRate('200MiB/s'))).toBe(51_200);
    expect(value(parseWritesPerPage('0.02 writes/s per page'))).toBe(0.02);
    expect(value(parseShare('20%'))).toBe(0.2);
    expect(value(parseShare(0.2))).toBe(0.2);
    expect(value(parseShare('7%'))).toBe(0.07);
  });
});

describe('what is no quantity', () => {
  it.each([
    [() => parseSize('64gi'), '"64gi" is not a size such as 64Gi, 512MiB or 1T; did you mean Gi?'],
    [() => parseSize('-1Gi'), '"-1Gi" is negative; expected a size such as 64Gi, 512MiB or 1T'],
    [() => parseSize('1.5'), '"1.5" is not a whole number of bytes'],
    [() => parseSize('1e999'), '"1e999" is too large'],
    [() => parseSize({}), '{} is not a size such as 64Gi, 512MiB or 1T'],
    [() => parseRate('fast'), '"fast" is not a rate such as 25Gbit/s, 2x25Gbit/s or 200MiB/s'],
    [() => parseDuration(5), '5 is not a duration with its unit, such as 300ms, 5s, 2m or 1h'],
    [
      () => parseDuration('5 parsecs'),
      '"5 parsecs" is not a duration with its unit, such as 300ms, 5s, 2m or 1h',
    ],
    [() => parsePageRate('40k'), '"40k" is not a page rate such as 40k pages/s or 200MiB/s'],
    [() => parseShare('120%'), '"120%" is not a share from 0 to 1, such as 20% or 0.2'],
  ])('is told with the value %#', (parse, problem) => {
    expect(parse()).toEqual({ ok: false, problem });
  });

  it('never throws, never gives a negative or infinite number', () => {
    const parsers = [parseSize, parseRate, parseDuration, parsePageRate, parseShare];
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.anything()),
        fc.constantFrom(...parsers),
        (any, parse) => {
          const read = parse(any);
          expect(!read.ok || (read.value >= 0 && Number.isFinite(read.value))).toBe(true);
        },
      ),
      SEED,
    );
  });
});

describe('what is written reads back as the same number', () => {
  const positive = fc.double({ min: 0, max: 1e15, noNaN: true });
  const whole = fc.oneof(
    fc.integer({ min: 0, max: 2 ** 45 }),
    fc.integer({ min: 0, max: 4096 }).map((gib) => gib * 2 ** 30),
  );

  it('sizes, rates, durations, page rates, shares', () => {
    fc.assert(
      fc.property(whole, positive, fc.double({ min: 0, max: 1, noNaN: true }), (n, x, share) => {
        expect(value(parseSize(formatSize(n)))).toBe(n);
        for (const number of [n, x, Math.round(x), n * 125e3]) {
          expect(value(parseRate(formatRate(number)))).toBe(number);
          expect(value(parseDuration(formatDuration(number)))).toBe(number);
          expect(value(parsePageRate(formatPageRate(number)))).toBe(number);
        }
        expect(value(parseShare(formatShare(share)))).toBe(share);
      }),
      SEED,
    );
  });

  it('in the words of operators', () => {
    expect(formatSize(64 * 2 ** 30)).toBe('64Gi');
    expect(formatRate(3.125e9)).toBe('25Gbit/s');
    expect(formatRate(200 * 2 ** 20)).toBe('200MiB/s');
    expect(formatDuration(300_000)).toBe('300ms');
    expect(formatDuration(86_400e6)).toBe('1d');
    expect(formatPageRate(40_000)).toBe('40k pages/s');
    expect(formatShare(0.2)).toBe('20%');
  });
});
