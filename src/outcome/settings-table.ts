/** settings.csv: what was in force in a run, with where each value comes from. */
import type { Fleet, Guest } from '../fleet/model.js';
import { settingsFor } from '../kubevirt/policy.js';
import type { RunResult } from '../simulation/result.js';
import { type Column, textColumn, wholeColumn } from './column.js';
import { type ExplainedSetting, explainSettings } from './explain-settings.js';

export interface SettingRow extends ExplainedSetting {
  /** `drain`, `cluster`, `host`, `policy NAME`, or `no policy`. */
  readonly scope: string;
  /** Guests of guests.csv that it holds for. */
  readonly guests: number;
}

export const settingColumns: readonly Column<SettingRow>[] = [
  textColumn('scope', (row) => row.scope),
  textColumn('setting', (row) => row.name),
  settingValueColumn('value'),
  textColumn('unit', (row) => row.unit),
  textColumn('source', (row) => row.source),
  wholeColumn('guests', (row) => row.guests),
];

/** Text in all, as a column has one type; a figure's is not guarded against spreadsheets. */
function settingValueColumn(name: string): Column<SettingRow> {
  const text = textColumn<SettingRow>(name, ({ value }) => (value === null ? 'none' : `${value}`));
  return {
    ...text,
    cell: (row) => (typeof row.value === 'number' ? String(row.value) : text.cell(row)),
  };
}

/** The run's own settings first, then those of each group of guests that share them all. */
export function settingsInForce(
  fleet: Fleet,
  result: Pick<RunResult, 'guests'>,
): readonly SettingRow[] {
  const guests = result.guests.length;
  return [
    ...runSettings(fleet).map((row) => ({ ...row, guests })),
    ...guestGroups(fleet, result).flatMap((group) =>
      group.settings.map((setting) => ({ ...setting, scope: group.scope, guests: group.guests })),
    ),
  ];
}

function runSettings(fleet: Fleet): readonly Omit<SettingRow, 'guests'>[] {
  const { drain, kubevirt, host } = fleet;
  const row = (scope: string, name: string, value: ExplainedSetting['value'], unit = '') => ({
    scope,
    name,
    value,
    unit,
    source: 'fleet',
  });
  return [
    row('drain', 'method', drain.method),
    row('drain', 'nodes', drain.nodes.length),
    row('drain', 'timeout', drain.timeoutUs / 1e6, 's'),
    row('drain', 'retry', drain.retryUs / 1e6, 's'),
    row('cluster', 'release', `KubeVirt ${kubevirt.release}`),
    row('cluster', 'featureGates', [...kubevirt.featureGates].sort().join(', ') || null),
    row('cluster', 'evictionStrategy', kubevirt.evictionStrategy),
    row('host', 'qemu', `QEMU ${host.qemuVersion}`),
    row('host', 'dirtyTracking', host.dirtyTracking),
    row('host', 'postcopyPreempt', host.postcopyPreempt),
  ];
}

interface GuestGroup {
  readonly scope: string;
  readonly settings: readonly ExplainedSetting[];
  guests: number;
}

/** By policy; guests of one policy differ where the guest itself decides (VFIO, dedicated CPUs). */
function guestGroups(fleet: Fleet, result: Pick<RunResult, 'guests'>): readonly GuestGroup[] {
  const named = new Map(fleet.guests.map((guest) => [nameOf(guest), guest]));
  const groups = new Map<string, GuestGroup>();
  for (const record of result.guests) {
    const guest = named.get(nameOf(record));
    if (guest === undefined) continue;
    const settings = settingsFor(fleet, guest);
    const key = JSON.stringify(settings);
    const known = groups.get(key);
    if (known !== undefined) {
      known.guests += 1;
      continue;
    }
    const scope = settings.policyName === '' ? 'no policy' : `policy ${settings.policyName}`;
    groups.set(key, { scope, settings: explainSettings(fleet, settings), guests: 1 });
  }
  return [...groups.values()];
}

function nameOf(guest: Pick<Guest, 'namespace' | 'name'>): string {
  return `${guest.namespace}/${guest.name}`;
}
