import { expect, it } from 'vitest';
import {
  bitRateText,
  bytesText,
  countText,
  durationText,
  percentText,
} from '../../src/outcome/quantity-text.js';

it('writes durations as people say them', () => {
  const texts: [number, string][] = [
    [40, '40 µs'],
    [312_400, '312 ms'],
    [1500, '1.50 ms'],
    [999_600, '1.00 s'],
    [59_940_000, '59.9 s'],
    [59_960_000, '1 min'],
    [727_000_000, '12 min 7 s'],
    [3_599_700_000, '1 h'],
    [15_120_000_000, '4 h 12 min'],
    [273_600_000_000, '3 d 4 h'],
  ];
  for (const [us, text] of texts) expect(durationText(us)).toBe(text);
});

it('writes bytes, rates, shares and counts', () => {
  expect(bytesText(0)).toBe('0 B');
  expect(bytesText(1023)).toBe('1.00 KiB');
  expect(bytesText(12_970_000_000_000)).toBe('11.8 TiB');
  expect(bitRateText(3.125e9)).toBe('25.0 Gbit/s');
  expect(bitRateText(125_000)).toBe('1.00 Mbit/s');
  expect(percentText(0)).toBe('0 %');
  expect(percentText(0.001)).toBe('<1 %');
  expect(percentText(0.755)).toBe('76 %');
  expect(countText(1, 'guest')).toBe('1 guest');
  expect(countText(12_345, 'guest')).toBe('12,345 guests');
});
