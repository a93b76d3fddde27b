/** What the files of a libvirt host do not say, and what is taken instead: once each, counted. */
import { escapeControls } from '../input-error.js';
import { quoteShort } from '../source-document.js';
import type { InputWarning } from '../warnings.js';
import type { Domain } from './domain.js';
import type { DomainStats } from './domstats.js';
import type { GuestName } from './guest-names.js';
import type { HostInputs, HostOptions } from './host-fleet.js';

interface HostFacts {
  /** Domains that became guests. */
  readonly running: readonly Domain[];
  readonly all: HostInputs;
  readonly stats: ReadonlyMap<string, DomainStats>;
  readonly names: ReadonlyMap<Domain, GuestName>;
  readonly options: HostOptions;
  readonly host: string;
  readonly targets: number;
}

/** Path of the field, number of cases, what there are so many of, text behind it. */
type Note = readonly [path: string, count: number, noun: string, rest: string];

export function hostNotes(facts: HostFacts): readonly InputWarning[] {
  const file = facts.running[0]?.element.file ?? '';
  return [...hostParts(facts), ...statsParts(facts), ...domainParts(facts)].flatMap(
    ([path, count, noun, rest]) => {
      const message = escapeControls(`${count} ${noun}${count === 1 ? '' : 's'} ${rest}`);
      return count === 0 ? [] : [{ file, path, message, count }];
    },
  );
}

function hostParts({ options, host, targets }: HostFacts): readonly Note[] {
  const hosts = 1 + targets;
  return [
    ['--host', options.host === undefined ? 1 : 0, 'host', `without a name; ${host} is taken`],
    [
      '--target-hosts',
      options.targetHosts === undefined ? targets : 0,
      'host',
      'to go to, equal to the first, is taken',
    ],
    ['', hosts, 'host', 'of unknown size; room for every guest is taken'],
    ['', hosts, 'host', 'without link speeds; 25 Gbit/s is taken'],
  ];
}

function statsParts({ running, all, stats }: HostFacts): readonly Note[] {
  const count = (wanted: (domain: Domain, known: DomainStats | undefined) => boolean): number =>
    running.filter((domain) => wanted(domain, stats.get(domain.name))).length;
  const isMeasured = all.stats.some(({ dirtyRates }) => dirtyRates.length > 0);
  const rate = isMeasured ? 'the median of the others' : '8 MiB/s';
  const described = new Set(all.domains.map(({ name }) => name));
  return [
    [
      'dirtyrate.megabytes_per_second',
      count((_, known) => (known?.dirtyRates ?? []).length === 0),
      'guest',
      `without a dirty rate (domstats --dirtyrate); ${rate} is taken`,
    ],
    [
      'balloon.rss',
      count(
        ({ hugepages }, known) => hugepages === null && (known?.residentBytes ?? null) === null,
      ),
      'guest',
      'without resident memory (domstats --balloon); all that the balloon leaves is taken as filled',
    ],
    [
      'balloon.rss',
      count(({ hugepages }) => hugepages !== null),
      'guest',
      'with huge pages, which resident memory does not count; all that the balloon leaves is taken as filled',
    ],
    [
      'Domain',
      all.stats.filter(({ name }) => !described.has(name)).length,
      'domain',
      'of domstats without XML (dumpxml): left out',
    ],
    ['state.state', all.domains.length - running.length, 'domain', 'shut off: left out'],
  ];
}

function domainParts({ running, stats, names }: HostFacts): readonly Note[] {
  const sum = (of: (domain: Domain) => number): number =>
    running.reduce((total, domain) => total + of(domain), 0);
  const renamed = running.filter((domain) => !isCalledSo(domain, names.get(domain)));
  const [first] = renamed;
  const example = first && `${quoteShort(first.name)} is ${names.get(first)?.name}`;
  const disks = ({ devices }: Domain, wanted: (name: string, isShared: boolean) => boolean) =>
    devices.disks.filter(({ name, isShared }) => wanted(name, isShared === true)).length;
  return [
    ['name', renamed.length, 'domain', `with a name that Kubernetes does not allow: ${example}`],
    [
      'devices.disk',
      sum((domain) => disks(domain, (_, isShared) => !isShared)),
      'disk',
      'that may be on this host alone; shared storage is taken, nothing is copied',
    ],
    [
      'devices.disk',
      sum((domain) => {
        const known = stats.get(domain.name)?.diskBytes;
        return disks(domain, (name) => known?.has(name) !== true);
      }),
      'disk',
      'of unknown size (domstats --block)',
    ],
    [
      'devices.hostdev',
      sum(({ devices }) => devices.hostDevices.length),
      'host device',
      'whose driver may not migrate; a guest with one is taken as not movable',
    ],
    [
      'memoryBacking.hugepages',
      sum(({ hugepages }) => (hugepages === 'unsaid' ? 1 : 0)),
      'guest',
      'with huge pages of unsaid size; 2 MiB is taken',
    ],
    [
      'cpu',
      sum(({ cpuModel }) => (cpuModel === null ? 1 : 0)),
      'guest',
      "without a CPU model (QEMU's own); one that all hosts have is taken",
    ],
    [
      'cputune',
      sum(({ hasPinnedVcpus }) => (hasPinnedVcpus ? 1 : 0)),
      'guest',
      'with pinned vCPUs; any host with room is taken as fit',
    ],
    ['', running.length, 'guest', 'outside of KubeVirt; its defaults and LiveMigrate are taken'],
  ];
}

function isCalledSo({ name, isKubeVirts }: Domain, called: GuestName | undefined): boolean {
  return called?.name === name || (isKubeVirts && name === `${called?.namespace}_${called?.name}`);
}
