import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  millisecondsText,
  neutralText,
  plainText,
  secondsText,
  shareColumn,
  wholeColumn,
} from '../../src/outcome/column.js';

describe('figures in cells', () => {
  it('writes seconds with six places, exactly, for any whole number of microseconds', () => {
    expect(secondsText(0)).toBe('0.000000');
    expect(secondsText(1)).toBe('0.000001');
    expect(secondsText(86_400_000_001)).toBe('86400.000001');
    expect(secondsText(-1)).toBe('-0.000001');
    expect(secondsText(-1_500_000)).toBe('-1.500000');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 52 }), (us) => {
        expect(BigInt(secondsText(us).replace('.', ''))).toBe(BigInt(us));
      }),
      { seed: 7 },
    );
  });

  it('writes milliseconds with three places, exactly', () => {
    expect(millisecondsText(212_345)).toBe('212.345');
    expect(millisecondsText(7)).toBe('0.007');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 45 }), (us) => {
        expect(Number(millisecondsText(us).replace('.', ''))).toBe(us);
      }),
      { seed: 7 },
    );
  });

  it('never writes an exponent, and leaves unknown values empty', () => {
    const bytes = wholeColumn<number | null>('bytes', (value) => value);
    expect(bytes.cell(13_194_139_533_312)).toBe('13194139533312');
    expect(bytes.cell(1e22)).toBe('10000000000000000000000');
    expect(bytes.cell(0.4)).toBe('0');
    expect(bytes.cell(null)).toBe('');
    expect(bytes.cell(Number.POSITIVE_INFINITY)).toBe('');
    const share = shareColumn<number | null>('utilisation', (value) => value);
    expect(share.cell(1e-9)).toBe('0.000000');
    expect(share.cell(0.5)).toBe('0.500000');
    expect(share.cell(null)).toBe('');
  });

  it('neutralises text that a spreadsheet would run', () => {
    for (const text of ['=1+1', '+cmd', '-2', '@SUM(A1)', '\tx', '\rx', '\nx', '＝1']) {
      expect(neutralText(text)).toBe(`'${text}`);
    }
    for (const text of ['', 'db-0', 'a=b', '0/24 nodes are available']) {
      expect(neutralText(text)).toBe(text);
    }
  });

  it('keeps names from becoming numbers and dates', () => {
    const converted = ['1e5', '12E10', '007', '1.5', '10-11', '2024-01-02', '1/2', '1.2.3'];
    const months = ['mar-1', 'MAR-10', 'dec1', 'sept2', '1-sep-24', '3may', 'march 2024', '10:30'];
    for (const text of [...converted, ...months]) expect(neutralText(text)).toBe(`'${text}`);
    const plain = [
      '42',
      '10.0.0.1',
      'node-1',
      '1e5x',
      'a1',
      'mars-1',
      'decoy1',
      'web-10-11',
      'may',
      '12h',
    ];
    for (const text of plain) expect(neutralText(text)).toBe(text);
  });

  it('gives back the text that was guarded', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.constantFrom('=1', '1e5', "'", "it's")), (text) => {
        expect(plainText(neutralText(text))).toBe(text);
      }),
      { seed: 7 },
    );
  });
});
