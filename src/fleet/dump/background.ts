/** What nodes send and receive beside migrations, from a Prometheus range query of rates. */
import { DEFAULT_BACKGROUND_CONNECTIONS } from '../defaults.js';
import type { BackgroundTraffic, RateStep } from '../network-spec.js';
import type { SourceDocument } from '../source-document.js';
import { migrationDevices, nodeOfSeries, nodesByAddress } from './network.js';
import type { KubernetesObject } from './objects.js';
import { readPrometheus, resultField, type Series } from './prometheus.js';
import { tally, type WarningLog } from './warning-log.js';

/**
 * Recording rules of node_exporter's mixin. A rate() itself has no name: it is taken for what is
 * sent, unless a label `direction` says `receive`.
 */
const RATES = [
  'instance:node_network_transmit_bytes_excluding_lo:rate5m',
  'instance:node_network_transmit_bytes_excluding_lo:rate1m',
  'instance:node_network_receive_bytes_excluding_lo:rate5m',
  'instance:node_network_receive_bytes_excluding_lo:rate1m',
] as const;

/**
 * One series a node and direction, of the device that it migrates over; simulated time 0 is the
 * first sample of all. @throws InputError for what is no answer, or other metrics (raw counters)
 */
export function readBackground(
  document: SourceDocument,
  objects: readonly KubernetesObject[],
  log: WarningLog,
): readonly BackgroundTraffic[] {
  const nodeOf = nodesByAddress(objects);
  const links = new Map<string, Map<string, Series>>();
  let firstTime = Number.POSITIVE_INFINITY;
  for (const series of readPrometheus(document, [...RATES], log)) {
    const { labels, metric, times } = series;
    const node = nodeOfSeries(labels, nodeOf);
    if (node === null) {
      const shown = labels.node ?? labels.instance ?? JSON.stringify(labels).slice(0, 80);
      tally(log, 'traffic is about no node of the dump', resultField(document), shown);
      continue;
    }
    firstTime = Math.min(firstTime, ...times.slice(0, 1));
    const received = labels.direction === 'receive' || metric.includes('_receive_');
    const link = `nic/${node}/${received ? 'down' : 'up'}`;
    const devices = links.get(link) ?? new Map<string, Series>();
    links.set(link, devices.set(labels.device ?? '', series));
  }
  return [...links.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([link, devices]) => {
      const steps = stepsOf(migrationDevices(devices), firstTime);
      return steps.length === 0 ? [] : [trafficOn(link, steps)];
    });
}

/** Of several devices of a kind the one that carried most, so that a bond's members do not count. */
function stepsOf(candidates: readonly (readonly [string, Series])[], firstTime: number) {
  const total = ({ values }: Series) => values.reduce((sum, value) => sum + value, 0);
  const [busiest] = [...candidates].sort(
    ([a, one], [b, other]) => total(other) - total(one) || (a < b ? -1 : 1),
  );
  const { values, times } = busiest?.[1] ?? { values: [], times: [] };
  const steps: RateStep[] = [];
  values.forEach((bytesPerSecond, i) => {
    const atUs = Math.round(((times[i] ?? 0) - firstTime) * 1e6);
    const last = steps.at(-1);
    const isNew =
      last === undefined || (last.bytesPerSecond !== bytesPerSecond && atUs > last.atUs);
    if (isNew) steps.push({ atUs, bytesPerSecond });
  });
  return steps;
}

function trafficOn(link: string, steps: readonly RateStep[]): BackgroundTraffic {
  return {
    link,
    profile: { kind: 'series', steps },
    connections: DEFAULT_BACKGROUND_CONNECTIONS,
    priority: 'fair',
    reservedShare: 0,
  };
}
