/** `sluice explain` for a terminal. */
import { escapeControls } from '../fleet/input-error.js';
import type { Explanation } from './explain.js';
import { bytesText } from './quantity-text.js';
import { type TextColumn, tableLines } from './text-table.js';

/** Lines without a line break at their end; text from the input is escaped. */
export function explainLines(explanation: Explanation): readonly string[] {
  return [
    guestLine(explanation),
    movesLine(explanation),
    ...explanation.warnings.map((warning) => `Warning: ${warning}`),
    ...part(`Settings, frozen at hand-off (${policyText(explanation)})`, settingLines(explanation)),
    ...part(
      `Time limits of the monitor (migration data: ${explanation.dataSizeGB} GB${explanation.vfio ? ', VFIO' : ''})`,
      limitLines(explanation),
    ),
    ...part('Libvirt', libvirtLines(explanation)),
    ...part('Volumes', volumeLines(explanation)),
    ...part('Eviction', evictionLines(explanation)),
    ...part('Launcher pod requests', requestLines(explanation)),
  ].map(escapeControls);
}

function guestLine({ namespace, name, memoryBytes, node, release }: Explanation): string {
  const where = node === '' ? 'not running' : `on ${node}`;
  return `${namespace}/${name}: ${bytesText(memoryBytes)}, ${where}, KubeVirt ${release}`;
}

function movesLine({ migratable }: Explanation): string {
  if (migratable.status) return `Can be migrated (${migratable.source})`;
  const message = migratable.message === '' ? '' : `: ${migratable.message}`;
  return `Cannot be migrated (${migratable.source}): ${migratable.reason}${message}`;
}

function policyText({ policy }: Explanation): string {
  return policy === '' ? 'no policy matches' : `policy ${policy}`;
}

function part(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
}

const LEFT = (title: string): TextColumn => ({ title, align: 'left' });
const RIGHT = (title: string): TextColumn => ({ title, align: 'right' });

function settingLines({ settings }: Explanation): readonly string[] {
  const rows = settings.map(({ name, value, unit, source }) => [
    name,
    value === null ? 'none' : `${value}${unit === '' ? '' : ` ${unit}`}`,
    source,
  ]);
  return tableLines([LEFT('setting'), LEFT('value'), LEFT('from')], rows);
}

function limitLines({ limits }: Explanation): readonly string[] {
  const rows = limits.map(({ name, seconds, effect }) => [
    name,
    seconds === null ? 'none' : `${seconds} s`,
    seconds === null ? '' : effect,
  ]);
  return tableLines([LEFT('limit'), RIGHT('after more than'), LEFT('then')], rows);
}

function libvirtLines(explanation: Explanation): readonly string[] {
  const { libvirtFlags, libvirtParameters, downtimeLimit, qemu } = explanation;
  const parameters = Object.entries(libvirtParameters).map(([name, value]) => {
    const shown = value === null ? 'unset' : typeof value === 'object' ? value.join(', ') : value;
    return `${name}: ${shown}`;
  });
  // Numbers as large as libvirt's "no limit" would lose their last digits.
  const told = Object.entries(qemu.parameters).map(([name, value]) =>
    typeof value === 'number' ? `${name} ${BigInt(value)}` : `${name} ${value}`,
  );
  return [
    `flags: ${libvirtFlags.join(' ')}`,
    ...parameters,
    `downtime limit: ${downtimeLimit}`,
    `QEMU capabilities: ${qemu.capabilities.join(' ')}`,
    `QEMU parameters: ${told.join(', ')}`,
  ];
}

function volumeLines({ volumes }: Explanation): readonly string[] {
  if (volumes.length === 0) return [];
  const rows = volumes.map((volume) => [
    volume.name,
    volume.source,
    bytesText(volume.bytes),
    volume.class,
    volume.copied ? 'copied' : 'not copied',
  ]);
  return tableLines(
    [LEFT('volume'), LEFT('source'), RIGHT('size'), LEFT('class'), LEFT('in a migration')],
    rows,
  );
}

function evictionLines({ eviction }: Explanation): readonly string[] {
  return [
    `strategy: ${eviction.strategy} (${eviction.source})`,
    `kubectl drain: ${eviction.kubectlDrain}`,
    `drain taint: ${eviction.drainTaint}`,
    ...eviction.disruptionBudgets.map((budget) => `disruption budget: ${budget}`),
  ];
}

function requestLines(explanation: Explanation): readonly string[] {
  const rows = Object.entries(explanation.launcherRequests).map(([name, amount]) => [
    name,
    isBytes(name) ? bytesText(amount) : String(amount),
  ]);
  const overhead = `of the memory, overhead: ${bytesText(explanation.memoryOverheadBytes)}`;
  return [...tableLines([LEFT('resource'), RIGHT('amount')], rows), overhead];
}

function isBytes(resource: string): boolean {
  return resource === 'memory' || resource.startsWith('hugepages-');
}
