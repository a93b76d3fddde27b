/** What a person can start from: each workload preset, two regions of one's own, published cases. */
import { PRESET_NAMES } from '../fleet/presets.js';
import type { Base } from './scenario.js';

/** A base without its fleet, and the fleet file with the parameter that make it. */
export interface BaseSource extends Omit<Base, 'fleet'> {
  /** Below fleets/. */
  readonly file: string;
  readonly parameter: { readonly name: string; readonly value: string } | null;
}

const PRESET_NOTES: Readonly<Record<(typeof PRESET_NAMES)[number], string>> = {
  idle: 'Daemons of an idle Kubernetes worker (after VEP 291).',
  web: 'Requests and sessions; page cache fills the memory.',
  oltp: 'Buffer pool with skewed access, a redo log, checkpoints.',
  'in-memory-database': 'Hot keys and snapshot bursts (after VEP 248’s Redis).',
  jvm: 'A collector’s young generation and a scattered old one.',
  build: 'Compilers, and a linker now and then (after VEP 248’s kernel build).',
  'in-memory-analytics': 'A small working set in a very large memory.',
};

const workloads: readonly BaseSource[] = PRESET_NAMES.map((name) => ({
  id: name,
  title: name,
  note: PRESET_NOTES[name],
  kind: 'workload',
  preset: name,
  custom: false,
  file: 'playground.yaml',
  parameter: { name: 'workload', value: name },
}));

const custom: BaseSource = {
  id: 'custom',
  title: 'hot and cold',
  note: 'Two regions of your own, written at random.',
  kind: 'workload',
  preset: null,
  custom: true,
  file: 'playground.yaml',
  parameter: null,
};

function published(id: string, title: string, note: string, file: string, arm = ''): BaseSource {
  return {
    id,
    title,
    note,
    kind: 'published',
    preset: null,
    custom: false,
    file: `published/${file}`,
    parameter: arm === '' ? null : { name: 'arm', value: arm },
  };
}

export const BASE_SOURCES: readonly BaseSource[] = [
  ...workloads,
  custom,
  published(
    'vep291-fixed',
    'VEP 291, 300 ms',
    'A Kubernetes worker of 8 GiB on 1 Gbit/s with QEMU’s fixed downtime limit.',
    'vep291.yaml',
    'fixed',
  ),
  published(
    'vep291-ramp',
    'VEP 291, ramp',
    'The same worker with KubeVirt’s downtime ramp.',
    'vep291.yaml',
    'ramp',
  ),
  published(
    'vep248-redis',
    'VEP 248, Redis',
    'Redis of 10 GiB on 1 Gbit/s: not converged after 300 s.',
    'vep248-redis.yaml',
  ),
  published(
    'vep248-kernel-build',
    'VEP 248, kernel build',
    'A build in 4 GiB that ends in the middle of its migration.',
    'vep248-kernel-build.yaml',
  ),
  published(
    'vep248-stress-ng',
    'VEP 248, stress-ng',
    'All that it has is rewritten in every round.',
    'vep248-stress-ng.yaml',
  ),
];
