import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linkUse } from '../../../src/outcome/report/link-use.js';

/** Rows of 60 s on one link of 100 bytes a second. */
function rows(bytes: readonly number[], saturated: readonly number[] = []) {
  return {
    link: bytes.map(() => 'spine'),
    from_s: bytes.map((_, i) => i * 60),
    to_s: bytes.map((_, i) => (i + 1) * 60),
    capacity_bytes_per_s: bytes.map(() => 100),
    bytes,
    background_bytes: bytes.map(() => 600),
    saturated_s: bytes.map((_, i) => saturated[i] ?? 0),
  };
}

describe('linkUse', () => {
  it('tells shares in thousandths, of migrations, of others, and of time with nothing left', () => {
    expect(linkUse(rows([3000, 5400], [0, 30]))).toMatchObject({
      links: ['spine'],
      stepS: 60,
      steps: 2,
      migrations: [500, 900],
      background: [100, 100],
      saturated: [0, 500],
    });
  });

  it('makes steps wider when there are too many, and loses nothing of it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 5400 }), { minLength: 241, maxLength: 1000 }),
        (bytes) => {
          const use = linkUse(rows(bytes));
          expect(use.steps).toBeLessThanOrEqual(240);
          expect(use.stepS % 60).toBe(0);
          const share = use.migrations.reduce((sum, thousandths, i) => {
            const fromRow = ((use.step[i] ?? 0) * use.stepS) / 60;
            const inStep = Math.min(bytes.length - fromRow, use.stepS / 60);
            return sum + thousandths * inStep;
          }, 0);
          const exact = bytes.reduce((sum, one) => sum + one / 6, 0);
          expect(Math.abs(share - exact)).toBeLessThanOrEqual(0.5 * bytes.length);
        },
      ),
      { seed: 3, numRuns: 50 },
    );
  });

  it('keeps the links that were busiest', () => {
    const links = Array.from({ length: 400 }, (_, i) => `link-${i}`);
    const use = linkUse({
      link: links,
      from_s: links.map(() => 0),
      to_s: links.map(() => 60),
      capacity_bytes_per_s: links.map(() => 100),
      bytes: links.map((_, i) => i * 10),
      background_bytes: links.map(() => 0),
      saturated_s: links.map(() => 0),
    });
    expect(use.links).toHaveLength(300);
    expect(use.links[0]).toBe('link-399');
    expect(use.leftOut).toBe(100);
  });

  it('is empty without rows', () => {
    expect(linkUse(rows([]))).toMatchObject({ links: [], steps: 0 });
  });
});
