import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/fleet/input-error.js';
import { loadFleet } from '../../../src/fleet/load/load-fleet.js';
import { liveMigratable } from '../../../src/kubevirt/migratable.js';
import { runFleet } from '../../simulation/run-fleet.js';
import { refusal, temporaryFolder } from '../load/temporary-files.js';

const HOST = 'test/data/libvirt/host-a.xml';
const STATS = 'test/data/libvirt/domstats.txt';
const GIB = 2 ** 30;
const folder = temporaryFolder();

const domain = (inside: string): string =>
  `<domain type='kvm'><name>a</name><memory>1048576</memory>${inside}</domain>`;
const load = (...contents: readonly string[]) =>
  loadFleet({ files: contents.map((text, i) => folder.write(`part-${i}.xml`, text)) });

describe('a libvirt host', () => {
  it('is a fleet with the drain of the host to others like it', async () => {
    const { fleet } = await loadFleet({ files: [STATS, HOST], targetHosts: 3 });
    expect(fleet.nodes.map(({ name }) => name)).toEqual([
      'host-a',
      'host-a-target-1',
      'host-a-target-2',
      'host-a-target-3',
    ]);
    expect(fleet.drain.nodes).toEqual(['host-a']);
    const [db, win] = fleet.guests;
    expect(db).toMatchObject({
      name: 'db-0',
      node: 'host-a',
      memoryBytes: 8 * GIB,
      vcpus: 4,
      cpuModel: 'Cascadelake-Server',
      machineType: 'pc-q35-rhel9.4.0',
      workload: {
        filledBytes: 6 * GIB,
        dirtyRates: [{ windowSeconds: 1, bytesPerSecond: 120 * 2 ** 20 }],
      },
    });
    expect(db?.volumes.map(({ name, bytes }) => [name, bytes])).toEqual([
      ['vda', 40 * GIB],
      ['vdb', 100 * GIB],
    ]);
    expect(win).toMatchObject({
      name: 'win-2022-friends',
      annotations: { 'libvirt.org/domain': 'Win 2022 & friends' },
      memoryBytes: 4 * GIB,
      hugepageBytes: GIB,
      hostDevices: ['pci-0000:3b:00.1'],
      features: { tpm: true },
    });
  });

  it('drains at once: what can move does', async () => {
    const { fleet } = await loadFleet({ files: [HOST, STATS] });
    const result = await runFleet(fleet, { seed: 1, decisions: false });
    expect(result.migrations.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['db-0', 'succeeded'],
    ]);
  });

  it('tells once what virsh does not', async () => {
    const { warnings } = await loadFleet({ files: [HOST, STATS], host: 'rack1-a' });
    const told = new Map(warnings.map(({ message, count }) => [message, count]));
    expect(told.size).toBe(warnings.length);
    const expected: readonly (readonly [string, number])[] = [
      ['1 host to go to, equal to the first, is taken', 1],
      ['2 hosts without link speeds; 25 Gbit/s is taken', 2],
      ['1 domain of domstats without XML (dumpxml): left out', 1],
      ['2 disks that may be on this host alone; shared storage is taken, nothing is copied', 2],
      ['1 disk of unknown size (domstats --block)', 1],
    ];
    for (const [message, count] of expected) expect(told.get(message), message).toBe(count);
    expect([...told.keys()].join()).not.toContain('without a name');
  });

  it.each([
    ["unit='b'", 2 ** 30, 2 ** 30],
    ["unit='KiB'", 2 ** 20, 2 ** 30],
    ['', 2 ** 20, 2 ** 30],
    ["unit='MiB'", 1024, 2 ** 30],
    ["unit='M'", 1024, 2 ** 30],
    ["unit='GiB'", 3, 3 * 2 ** 30],
    ["unit='GB'", 3, 3e9],
  ])('reads memory with %s', async (unit, value, bytes) => {
    const xml = `<domain type='kvm'><name>a</name><memory ${unit}>${value}</memory></domain>`;
    expect((await load(xml)).fleet.guests[0]?.memoryBytes).toBe(bytes);
  });

  it('reads several files, wrappers, declarations and comments', async () => {
    const other = domain('').replace('>a<', '>b<');
    const { fleet } = await load(
      `<?xml version="1.0"?>\n<!-- AUTO-GENERATED -->\n<domains>${domain('')}\n</domains>`,
      other,
    );
    expect(fleet.guests.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(fleet.nodes[0]?.name).toBe('host');
  });

  it('leaves out what is shut off, and takes the median of repeated measurements', async () => {
    const sample = (rate: number) =>
      `Domain: 'a'\n  dirtyrate.calc_status=2\n  dirtyrate.calc_period=2\n  dirtyrate.megabytes_per_second=${rate}\n`;
    const { fleet } = await load(
      domain('') + domain('').replace('>a<', '>b<'),
      `${sample(5)}${sample(90)}${sample(7)}\nDomain: 'b'\n  state.state=5\n`,
    );
    expect(fleet.guests).toHaveLength(1);
    expect(fleet.guests[0]?.workload).toMatchObject({
      dirtyRates: [{ windowSeconds: 2, bytesPerSecond: 7 * 2 ** 20 }],
    });
  });

  it('knows devices that are unplugged, and guests that may not move', async () => {
    const nic = (inside: string): string =>
      domain(`<devices><interface type='hostdev'>${inside}</interface></devices>`);
    const paired = (await load(nic("<teaming type='transient' persistent='ua-1'/>"))).fleet;
    expect(paired.guests[0]?.interfaces.map(({ binding }) => binding)).toContain('sriov');
    const sev = (await load(domain("<launchSecurity type='sev-snp'/>"))).fleet;
    const staying = (await load(nic(''))).fleet;
    const movable = [paired, staying, sev].map((fleet) => {
      const [guest] = fleet.guests;
      return guest !== undefined && liveMigratable(fleet, guest).status;
    });
    expect(movable).toEqual([true, false, false]);
  });

  it("takes KubeVirt's own domains by namespace and name", async () => {
    const metadata = "<metadata><kubevirt xmlns='http://kubevirt.io'/></metadata>";
    const { fleet } = await load(domain(metadata).replace('>a<', '>shop_web<'));
    expect(fleet.guests[0]).toMatchObject({ namespace: 'shop', name: 'web', annotations: {} });
  });
});

describe('a libvirt host is refused in one line', () => {
  const bomb =
    '<!-- --><domain type="kvm"><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]></domain>';
  const refused: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['cut off', ["<domain type='kvm'>\n<name>a</na"], /^part-0\.xml: .*\(?2:\d+\)?: not XML/],
    ['unclosed', ["<domain type='kvm'>"], /not XML: unclosed tag/],
    ['an entity', [domain('<title>&lol;</title>')], /not XML: undefined entity/],
    ['a DOCTYPE inside', [bomb], /not XML: .*doctype/],
    ['a DOCTYPE behind', [`${domain('')}<!DOCTYPE a>`], /not XML: .*doctype/],
    ['depth', [domain('<a>'.repeat(100_000))], /nested deeper than 64/],
    ['text outside', [`${domain('')}\nerror: no domain`], /text outside of elements: "error: no/],
    [
      'another element',
      [`${domain('')}<network/>`],
      /network\[0\] \(1:\d+\): <network> is no <dom/,
    ],
    [
      'no name',
      ["<domain type='kvm'><memory>1</memory></domain>"],
      /domain\[0\] \(1:1\): no <name>/,
    ],
    ['no memory', ["<domain type='kvm'><name>a</name></domain>"], /no <memory>/],
    ['another type', ["<domain type='lxc'/>"], /type "lxc"; only kvm and qemu/],
    ['a name twice', [domain('') + domain('')], /domain\[1\] .*"a" is already at .*part-0/],
    [
      'zero memory',
      [domain('').replace('1048576', '0')],
      /domain\[0\]\.memory \(1:\d+\): "0" is not/,
    ],
    [
      'negative memory',
      [domain('').replace('1048576', '-1')],
      /"-1" is not a whole number above 0/,
    ],
    ['huge memory', [domain('').replace('1048576', '9'.repeat(19))], /more than 8 PiB/],
    [
      'an unknown unit',
      [domain('').replace('<memory>', "<memory unit='furlong'>")],
      /unit "furlong" is not one of/,
    ],
    ['vCPUs that are none', [domain('<vcpu>many</vcpu>')], /domain\[0\]\.vcpu .*"many"/],
    ['statistics alone', ["Domain: 'a'\n  state.state=1\n"], /domstats without domains/],
    ['other lines', [domain(''), "Domain: 'a'\nfoo\n"], /part-1\.xml: 2:1: "foo" is not a line of/],
    [
      'a rate that is none',
      [domain(''), "Domain: 'a'\n  dirtyrate.megabytes_per_second=-4\n"],
      /part-1\.xml: .*megabytes_per_second.*\(2:1\): "-4" is not a number of 0 or more/,
    ],
    ['no running domain', [domain(''), "Domain: 'a'\n  state.state=5\n"], /no domain is running/],
    ['a dump beside it', [domain(''), '{"kind":"List","items":[]}'], /part-1\.xml: neither virsh/],
    [
      'itself beside a dump',
      ['{"kind":"List","items":[]}', domain('')],
      /part-1\.xml: .*expected a fleet file/,
    ],
  ];
  it.each(refused)('%s', async (_, contents, line) => {
    const told = await refusal(() => load(...contents));
    expect(told).toMatch(line);
    expect(told).not.toContain('\n');
    expect(told.length).toBeLessThan(500);
  });

  it('wherever its files are cut', async () => {
    const xml = readFileSync(HOST, 'utf8');
    for (let length = 1; length < xml.length; length += 37) {
      // A cut between two domains leaves one that is whole.
      const told = await load(xml.slice(0, length)).then(
        () => 'accepted',
        (error: InputError) => error.message,
      );
      expect(told).toMatch(/^(accepted|[^\n]*part-0\.xml: [^\n]+)$/);
    }
  });

  it('whatever is written into them at random', async () => {
    const pieces = [
      '<',
      '>',
      "'",
      '&',
      '0',
      '-1',
      '\0',
      ']]>',
      '<!--',
      '&#0;',
      "unit='x'",
      '=',
      '',
    ];
    const splice = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      cut: fc.nat(12),
      piece: fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 4 })),
    });
    const splices = fc.array(splice, { maxLength: 2 });
    const originals = [readFileSync(HOST, 'utf8'), readFileSync(STATS, 'utf8')];
    await fc.assert(
      fc.asyncProperty(splices, splices, async (...changes) => {
        const [xml = '', stats = ''] = originals.map((text, i) =>
          (changes[i] ?? []).reduce((so, { at, cut, piece }) => {
            const from = Math.floor(at * so.length);
            return so.slice(0, from) + piece + so.slice(from + cut);
          }, text),
        );
        const told = await load(xml, stats).then(
          () => 'accepted',
          (error: unknown) => (error instanceof InputError ? error.message : String(error)),
        );
        expect(told).toMatch(/^(accepted|[^\n]*part-[01]\.xml: [^\n]{1,400})$/);
      }),
      { seed: 3, numRuns: 150 },
    );
  });

  it('options that are for it alone', async () => {
    const table = folder.write('guests.csv', 'name,node,memory\na,b,1Gi\n');
    expect(await refusal(() => loadFleet({ files: [table], targetHosts: 2 }))).toMatch(
      /^--target-hosts: goes with the files of a libvirt host/,
    );
    expect(await refusal(() => loadFleet({ files: [HOST], host: 'A b' }))).toMatch(
      /^--host: "A b" is not a name/,
    );
  });
});
