import { readFileSync } from 'node:fs';
import { type DumpInputs, fleetFromDump } from '../../../src/fleet/dump/fleet-from-dump.js';
import { parseDocument } from '../../../src/fleet/load/document.js';
import type { Fleet } from '../../../src/fleet/model.js';
import type { SourceDocument } from '../../../src/fleet/source-document.js';

// biome-ignore lint/suspicious/noExplicitAny: tests change arbitrary places of arbitrary JSON
type Json = any;

export interface SmallDump {
  readonly list: Json;
  readonly nodes: Json[];
  readonly guest: Json;
  readonly kubevirt: Json;
}

const TEXT = readFileSync(new URL('../../data/small-dump.json', import.meta.url), 'utf8');

/** Two nodes, one guest, KubeVirt and two namespaces; `change` alters a fresh copy. */
export function smallDump(change: (dump: SmallDump) => void = () => {}): SourceDocument {
  const list: Json = JSON.parse(TEXT);
  const ofKind = (kind: string): Json[] => list.items.filter((item: Json) => item.kind === kind);
  const [guest] = ofKind('VirtualMachineInstance');
  const [kubevirt] = ofKind('KubeVirt');
  change({ list, nodes: ofKind('Node'), guest, kubevirt });
  return parseDocument('dump.json', JSON.stringify(list, null, 1));
}

/** What the importer makes of it; warnings as `path: message` lines. */
export function importDump(
  change?: (dump: SmallDump) => void,
  inputs: DumpInputs = {},
): { fleet: Fleet; warnings: readonly string[] } {
  const { fleet, warnings } = fleetFromDump([smallDump(change)], inputs, 'small');
  return { fleet, warnings: warnings.map(({ path, message }) => `${path}: ${message}`) };
}

/** A Prometheus answer of one sample a series. */
export function prometheusVector(
  series: readonly [Record<string, string>, string][],
): SourceDocument {
  const result = series.map(([metric, value]) => ({ metric, value: [1789378200, value] }));
  const answer = { status: 'success', data: { resultType: 'vector', result } };
  return parseDocument('prometheus.json', JSON.stringify(answer));
}
