import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type LibvirtMigration,
  libvirtMigration,
  type QemuFlag,
  qemuMigration,
} from '../../src/qemu/libvirt-migration.js';
import type { QemuVersion } from '../../src/qemu/version.js';

const NEW = { major: 11, minor: 3 };
const OLD = { major: 9, minor: 0 };

/** What query-migrate-parameters answers where nothing was set (spec 1.1, else QEMU's options.c). */
const DEFAULTS = {
  'announce-initial': 50,
  'announce-max': 550,
  'announce-rounds': 5,
  'announce-step': 100,
  'throttle-trigger-threshold': 50,
  'cpu-throttle-initial': 20,
  'cpu-throttle-increment': 10,
  'cpu-throttle-tailslow': false,
  'max-cpu-throttle': 99,
  'tls-creds': '',
  'tls-hostname': '',
  'tls-authz': '',
  'max-bandwidth': 134217728,
  'max-postcopy-bandwidth': 0,
  'downtime-limit': 300,
  'x-checkpoint-delay': 20000,
  'multifd-channels': 2,
  'multifd-compression': 'none',
  'multifd-zlib-level': 1,
  'multifd-zstd-level': 1,
  'xbzrle-cache-size': 67108864,
};
const DEFAULTS_7_2 = {
  ...DEFAULTS,
  'block-incremental': false,
  'compress-level': 1,
  'compress-threads': 8,
  'compress-wait-thread': true,
  'decompress-threads': 2,
};
const DEFAULTS_10_0 = {
  ...DEFAULTS,
  'avail-switchover-bandwidth': 0,
  'direct-io': false,
  mode: 'normal',
  'multifd-qatzip-level': 1,
  'vcpu-dirty-limit': 1,
  'x-vcpu-dirty-limit-period': 1000,
  'zero-page-detection': 'multifd',
};
const DEFAULTS_11 = { ...DEFAULTS_10_0, 'block-bitmap-mapping': [], 'cpr-exec-command': [] };

const RELEASES = [
  { name: '7.2', libvirt: OLD, qemu: { major: 7, minor: 2 }, parameters: DEFAULTS_7_2 },
  { name: '10.0', libvirt: NEW, qemu: { major: 10, minor: 0 }, parameters: DEFAULTS_10_0 },
  { name: '11.1', libvirt: NEW, qemu: { major: 11, minor: 1 }, parameters: DEFAULTS_11 },
];

/** Each capability, with the one that it needs or that libvirt adds, and the parameters it brings. */
function parametersOf(libvirt: QemuVersion): Readonly<Record<string, readonly string[]>> {
  const isNew = libvirt === NEW;
  return {
    '': [],
    'auto-converge': ['cpu-throttle-increment', 'cpu-throttle-initial'],
    [isNew ? 'postcopy-preempt postcopy-ram' : 'postcopy-ram']: [],
    multifd: ['multifd-channels'],
    'multifd zero-copy-send': ['multifd-channels'],
    xbzrle: ['xbzrle-cache-size'],
    ...(isNew ? {} : { compress: [] }),
  };
}

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
    expect(wrong({ flags: ['PARALLEL', 'TUNNELLED'] })).toThrow('PARALLEL cannot be TUNNELLED');
    expect(wrong({ flags: ['POSTCOPY', 'TUNNELLED'] })).toThrow('POSTCOPY cannot be TUNNELLED');
    expect(wrong({ flags: [], autoConvergeIncrement: 5 })).toThrow('need AUTO_CONVERGE');
    expect(wrong({ flags: [], bandwidthAvailSwitchover: 9 }, OLD)).toThrow('needs libvirt 11.3');
    expect(wrong({ flags: [], compressionXbzrleCache: 2 ** 26 })).toThrow('needs compression xbz');
  });

  it('refuses zero copy of what has to be changed on its way (spec/qemu.md 4)', () => {
    expect(() => qemuMigration({ flags: ['PARALLEL', 'TLS', 'ZEROCOPY'] }, NEW)).toThrow(
      'ZEROCOPY cannot have TLS, only plain channels',
    );
    for (const compression of ['zlib', 'zstd'] as const) {
      expect(() => qemuMigration({ flags: ['PARALLEL', 'ZEROCOPY'], compression }, NEW)).toThrow(
        `ZEROCOPY cannot have compression ${compression}, only none`,
      );
    }
    // Of its own accord 9.0 takes xbzrle.
    expect(() => qemuMigration({ flags: ['COMPRESSED', 'PARALLEL', 'ZEROCOPY'] }, OLD)).toThrow(
      'ZEROCOPY cannot have compression xbzrle, only none',
    );
    expect(qemuMigration({ flags: ['PARALLEL', 'ZEROCOPY'] }, NEW).capabilities).toEqual(
      expect.arrayContaining(['multifd', 'zero-copy-send']),
    );
  });

  it('refuses xbzrle and mt in parallel, which QEMU 7.2 takes (spec/qemu.md 4)', () => {
    for (const compression of ['xbzrle', 'mt'] as const) {
      const libvirt: LibvirtMigration = { flags: ['COMPRESSED', 'PARALLEL'], compression };
      const problem = `compression ${compression} cannot be PARALLEL; zlib and zstd can`;
      expect(() => qemuMigration(libvirt, OLD, { major: 8, minor: 0 })).toThrow(problem);
      expect(() => qemuMigration(libvirt, NEW, { major: 7, minor: 2 })).toThrow(problem);
      expect(qemuMigration(libvirt, OLD).capabilities).toContain('multifd');
    }
    const unnamed: LibvirtMigration = { flags: ['COMPRESSED', 'PARALLEL'] };
    expect(() => qemuMigration(unnamed, OLD, { major: 8, minor: 0 })).toThrow('compression xbzrle');
    expect(qemuMigration(unnamed, OLD).capabilities).toContain('xbzrle');
  });

  it('refuses mt where QEMU has it no longer (spec/qemu.md 4)', () => {
    const mt: LibvirtMigration = { flags: ['COMPRESSED'], compression: 'mt' };
    const problem = 'compression mt needs QEMU older than 9.1; newer ones have xbzrle';
    expect(() => qemuMigration(mt, NEW)).toThrow(problem);
    expect(() => qemuMigration(mt, OLD, { major: 9, minor: 1 })).toThrow(problem);
    expect(qemuMigration(mt, NEW, { major: 9, minor: 0 }).capabilities).toContain('compress');
    expect(qemuMigration(mt, OLD).capabilities).toContain('compress');
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
      fc.pre(!(base.flags.includes('ZEROCOPY') && some.includes('TLS')));
      fc.pre(!(base.flags.includes('TUNNELLED') && some.includes('POSTCOPY')));
      const libvirt = { ...base, ...limit, flags: [...some, ...base.flags].sort() };
      expect(libvirtMigration(qemuMigration(libvirt, NEW))).toEqual(libvirt);
    });
    fc.assert(check, { seed: 7, numRuns: 200 });
  });

  it.each(RELEASES)(
    'takes full lists of defaults of QEMU $name',
    ({ libvirt, qemu, parameters }) => {
      const own = qemuMigration({ flags: [] }, libvirt, qemu).capabilities;
      for (const [on, names] of Object.entries(parametersOf(libvirt))) {
        const capabilities = [...own, ...on.split(' ').filter((name) => name !== '')].sort();
        const flags = libvirtMigration({ capabilities, parameters });
        const again = qemuMigration(flags, libvirt, qemu);
        expect(again.capabilities, on).toEqual(capabilities);
        // No parameter of a capability that is off; all others as they were.
        expect(Object.keys(again.parameters).sort(), on).toEqual(
          ['max-bandwidth', ...names].sort(),
        );
        expect(parameters, on).toMatchObject(again.parameters);
        expect(libvirtMigration(again), on).toEqual(flags);
      }
    },
  );

  it.each(RELEASES)('gives no parameter of QEMU $name its default as a wish', (release) => {
    const { parameters } = release;
    expect(libvirtMigration({ capabilities: ['return-path'], parameters })).toEqual({
      flags: [],
      bandwidth: 128,
    });
    const zstd = { ...parameters, 'multifd-compression': 'zstd', 'max-bandwidth': 0 };
    expect(libvirtMigration({ capabilities: ['return-path'], parameters: zstd })).toEqual({
      flags: [],
    });
    // Multifd and post-copy without a return path are nothing that TUNNELLED would give.
    expect(libvirtMigration({ capabilities: ['postcopy-ram'], parameters: zstd })).toEqual({
      flags: ['POSTCOPY'],
    });
    expect(libvirtMigration({ capabilities: ['multifd'], parameters: zstd })).toEqual({
      flags: ['COMPRESSED', 'PARALLEL'],
      compression: 'zstd',
      parallelConnections: 2,
    });
  });
});
