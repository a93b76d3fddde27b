import { describe, expect, it } from 'vitest';
import { warningLines } from '../../src/cli/warnings-report.js';

const warning = (path: string, message: string) => ({ file: 'dump.json', path, message });

describe('warningLines', () => {
  it('tells five of a kind and counts the rest', () => {
    const many = Array.from({ length: 9 }, (_, i) =>
      warning(`items[${i}]`, `guest "g-${i}" has ${i} cores`),
    );
    expect(warningLines([...many, warning('', 'other')])).toEqual([
      ...many.slice(0, 5).map((w) => `dump.json: ${w.path}: warning: ${w.message}`),
      'dump.json: warning: … and 4 more of this kind',
      'dump.json: warning: other',
    ]);
  });

  it('tells the sixth rather than count it', () => {
    const six = Array.from({ length: 6 }, (_, i) => warning(`items[${i}]`, 'no memory'));
    expect(warningLines(six)).toHaveLength(6);
    expect(warningLines(six).join()).not.toContain('more');
  });

  it('keeps to one line whatever the text holds', () => {
    expect(warningLines([warning('', 'a\nb\u001b[0m')])).toEqual([
      'dump.json: warning: a\\u000ab\\u001b[0m',
    ]);
  });
});
