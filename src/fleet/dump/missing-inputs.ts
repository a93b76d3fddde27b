/** What is told where an input of a dump was not given: the default, and what to give instead. */

const asked = (query: string): string => `what Prometheus answers to /api/v1/query?query=${query}`;

export const MISSING_INPUTS = {
  dirtyRates: `no dirty rates given; every guest dirties 8 MiB/s. Better: --dirty-rates FILE, ${asked('kubevirt_vmi_dirty_rate_bytes_per_second')}`,
  memory: `no memory metrics given; all memory is taken as filled. Better: --memory FILE, ${asked('{__name__=~"kubevirt_vmi_memory_.*_bytes"}')}`,
  network: `no link speeds given; every node has 25 Gbit/s. Better: --network FILE, ${asked('node_network_speed_bytes')}`,
  pods: 'no pods given; nodes carry nothing but their guests. Better: --pods FILE, from kubectl get pods -A -o json',
} as const;
