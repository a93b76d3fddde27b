import { describe, expect, it } from 'vitest';
import { versionRules } from '../../src/qemu/version.js';
import { budgetLaw, pagesInBudget, wireFormat } from '../../src/qemu/wire-format.js';

const OLD = versionRules({ major: 7, minor: 2 });
const NEW = versionRules({ major: 10, minor: 0 });
const MIB = 2 ** 20;

function windowBytes(rules: typeof OLD, channels: number, bandwidth: number): number {
  const format = wireFormat(rules, channels, 'none');
  const pageBytes = 4096 + format.pageHeaderBytes;
  const pages = pagesInBudget(budgetLaw(rules, format, bandwidth), pageBytes);
  return pages * pageBytes;
}

describe('what a window sends (spec/qemu.md 1.5, 1.7)', () => {
  it('overshoots by a page in 7.2', () => {
    expect(windowBytes(OLD, 0, 64 * MIB)).toBe(1636 * 4104);
    expect(windowBytes(OLD, 0, 50e6)).toBe(1219 * 4104);
  });

  it('is whole 32-page buffers in 10.0', () => {
    expect(windowBytes(NEW, 0, 64 * MIB) + 18).toBe(6_829_074);
    expect(windowBytes(NEW, 0, 16 * MIB) + 18).toBe(1_707_282);
  });

  it('is whole packets with multifd, and from 10.0 on those in flight as well', () => {
    expect(windowBytes(OLD, 2, 64 * MIB)).toBe(13 * 525_632);
    expect(windowBytes(OLD, 2, 50e6)).toBe(10 * 525_632);
    expect(windowBytes(NEW, 2, 64 * MIB)).toBe(15 * 525_632);
    expect(windowBytes(NEW, 4, 64 * MIB)).toBeLessThanOrEqual(17 * 525_632);
  });

  it('has no end without a limit', () => {
    expect(budgetLaw(OLD, wireFormat(OLD, 0, 'none'), 0).bytes).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('what a page costs (spec/qemu.md 2.4)', () => {
  it('is 4,104 bytes on one stream, 9 when zero', () => {
    expect(wireFormat(OLD, 0, 'none')).toMatchObject({ zeroPageBytes: 9, pageHeaderBytes: 8 });
  });

  it("is a packet's share with multifd; zero pages go there from 9.0 on", () => {
    expect(wireFormat(OLD, 2, 'none')).toMatchObject({ zeroPageBytes: 9, pageHeaderBytes: 10.5 });
    expect(wireFormat(NEW, 2, 'none')).toMatchObject({ zeroPageBytes: 10.5 });
  });
});
