import { describe, expect, it } from 'vitest';
import { parseQemuVersion, versionRules } from '../../src/qemu/version.js';

describe('QEMU versions', () => {
  it.each([
    ['7.2', { major: 7, minor: 2 }],
    ['7.2.22', { major: 7, minor: 2 }],
    ['10.1', { major: 10, minor: 1 }],
    ['ten', null],
    ['10', null],
    ['', null],
  ])('reads %j', (text, version) => {
    expect(parseQemuVersion(text)).toEqual(version);
  });

  it.each([
    [
      { major: 7, minor: 2 },
      { backgroundSync: false, flushedBudget: false, countsFinalSync: true },
    ],
    [
      { major: 9, minor: 2 },
      { backgroundSync: true, flushedBudget: true, postcopyTestFirst: false },
    ],
    [
      { major: 10, minor: 2 },
      { completesAtThreshold: true, postcopyTestFirst: true },
    ],
    [
      { major: 11, minor: 1 },
      { countsFinalSync: false, multifdWithPostcopy: true, clearsInLastStage: false },
    ],
    [
      { major: 8, minor: 0 },
      { vfioPrecopy: false, multifdDeviceState: false },
    ],
    [
      { major: 10, minor: 0 },
      { vfioPrecopy: true, multifdDeviceState: true, clearsInLastStage: true },
    ],
  ])('knows the rules of %j', (version, rules) => {
    expect(versionRules(version)).toMatchObject(rules);
  });
});
