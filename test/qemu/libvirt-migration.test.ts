import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type LibvirtMigration,
  libvirtMigration,
  type QemuFlag,
  qemuMigration,
} from '../../src/qemu/libvirt-migration.js';

const NEW = { major: 11, minor: 3 };
const OLD = { major: 9, minor: 0 };

describe("libvirt's flags as QEMU's capabilities (spec/qemu.md 7.2)", () => {
  it('sets some whatever the flags, and no limit unless one is given', () => {
    expect(qemuMigration({ flags: [] }, OLD)).toEqual({
      capabilities: ['events', 'pause-before-switchover', 'return-path'],
      parameters: { 'max-bandwidth': 2 ** 63 - 2 ** 20 },
    });
    expect(qemuMigration({ flags: [] }, NEW).capabilities).toContain('switchover-ack');
    expect(qemuMigration({ flags: ['TUNNELLED'] }, NEW).capabilities).not.toContain('return-path');
  });

  it.each<[QemuFlag, string]>([
    ['AUTO_CONVERGE', 'auto-converge'],
    ['POSTCOPY', 'postcopy-ram'],
    ['PARALLEL', 'multifd'],
    ['COMPRESSED', 'xbzrle'],
  ])('%s is %s', (flag, capability) => {
    expect(qemuMigration({ flags: [flag] }, OLD).capabilities).toContain(capability);
    expect(qemuMigration({ flags: [] }, OLD).capabilities).not.toContain(capability);
  });

  it('gives limits in bytes, and compresses multifd by name only', () => {
    const settings = qemuMigration(
      {
        flags: ['PARALLEL', 'COMPRESSED'],
        bandwidth: 64,
        parallelConnections: 8,
        compression: 'zstd',
      },
      NEW,
    );
    expect(settings.parameters).toEqual({
      'max-bandwidth': 64 * 2 ** 20,
      'multifd-channels': 8,
      'multifd-compression': 'zstd',
    });
    expect(settings.capabilities).not.toContain('xbzrle');
    const unnamed = qemuMigration({ flags: ['PARALLEL', 'COMPRESSED'] }, NEW);
    expect(unnamed.parameters['multifd-compression']).toBeUndefined();
    expect(unnamed.capabilities).not.toContain('xbzrle');
  });

  it('has preempt by itself from 11.3 on', () => {
    expect(qemuMigration({ flags: ['POSTCOPY'] }, NEW).capabilities).toContain('postcopy-preempt');
    expect(qemuMigration({ flags: ['POSTCOPY'] }, OLD).capabilities).not.toContain(
      'postcopy-preempt',
    );
  });

  it('refuses what libvirt refuses', () => {
    const wrong =
      (libvirt: LibvirtMigration, version = NEW) =>
      () =>
        qemuMigration(libvirt, version);
    expect(wrong({ flags: ['ZEROCOPY'] })).toThrow('ZEROCOPY needs PARALLEL');
    expect(wrong({ flags: ['COMPRESSED'], compression: 'zstd' })).toThrow('zstd needs PARALLEL');
    expect(wrong({ flags: ['PARALLEL'], compression: 'zstd' }, OLD)).toThrow('libvirt 11.3');
    expect(wrong({ flags: [], parallelConnections: 2 })).toThrow('needs PARALLEL');
    expect(wrong({ flags: [], autoConvergeIncrement: 5 })).toThrow('need AUTO_CONVERGE');
  });
});

describe('and back', () => {
  it('gives the flags and parameters that were set', () => {
    const flags = fc.subarray<QemuFlag>(['AUTO_CONVERGE', 'POSTCOPY', 'TLS']);
    const parallel = fc.constantFrom<LibvirtMigration>(
      { flags: [] },
      { flags: ['TUNNELLED'] },
      { flags: ['COMPRESSED'], compression: 'xbzrle', compressionXbzrleCache: 2 ** 26 },
      { flags: ['PARALLEL'], parallelConnections: 4 },
      { flags: ['COMPRESSED', 'PARALLEL'], compression: 'zstd' },
      { flags: ['PARALLEL', 'ZEROCOPY'] },
    );
    const limits = fc.constantFrom<Partial<LibvirtMigration>>(
      {},
      { bandwidth: 100 },
      { bandwidthPostcopy: 50, bandwidthAvailSwitchover: 1000 },
    );
    const check = fc.property(flags, parallel, limits, (some, base, limit) => {
      const libvirt = { ...base, ...limit, flags: [...some, ...base.flags].sort() };
      expect(libvirtMigration(qemuMigration(libvirt, NEW))).toEqual(libvirt);
    });
    fc.assert(check, { seed: 7, numRuns: 200 });
  });
});
