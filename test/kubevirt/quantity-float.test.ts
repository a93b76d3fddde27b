import { expect, it } from 'vitest';
import { bandwidthMiBps } from '../../src/kubevirt/libvirt-parameters.js';
import { quantityToByte, quantityToDouble } from '../../src/kubevirt/quantity-float.js';

it.each([
  ['0.3', 3 * 0.1],
  ['0.7', 7 * 0.1],
  ['0.30', 3 * 0.1],
  ['0.4', 0.4],
  ['1.333', 1333 * 0.001],
  ['2.0', 2],
  ['2', 2],
  ['.5', 0.5],
  ['1e1', 10],
  ['0', 0],
  ['1Ki', 1024],
  ['', Number.NaN],
  ['x', Number.NaN],
])('reads the factor %s as digits times a power of ten', (text, value) => {
  expect(quantityToDouble(text)).toBe(value);
});

it('takes one off what Go does not hold as an integer', () => {
  expect(quantityToByte('1.5Gi')).toBe(1.5 * 2 ** 30 - 1);
  expect(quantityToByte('1.5G')).toBe(1_500_000_000);
  expect(quantityToByte('1500m')).toBe(1);
  expect(bandwidthMiBps(quantityToByte('64.5Mi'))).toBe(64);
});

it('rounds a bandwidth half up, to at least 1 MiB/s; 0 is no limit', () => {
  expect([0, 1, 1_572_863, 1_572_864].map(bandwidthMiBps)).toEqual([null, 1, 1, 2]);
});
