/** What cannot be in a run file: QEMU itself would refuse it, or the replay could not follow it. */
import { InputError } from '../fleet/input-error.js';
import { hasCompressor } from '../qemu/compression.js';
import { isAtLeast, type QemuVersion, versionRules } from '../qemu/version.js';
import { setsAvailSwitchover, versionOfText } from './qemu-recorded.js';
import type { QemuRun } from './qemu-run.js';

const PAGES_PER_MIB = 256;

/** @throws InputError in one line: what is wrong, and what would be right */
export function checkPossible(file: string, run: QemuRun): void {
  const version = versionOfText(run);
  if (version === null) {
    throw new InputError(file, 'qemu', `${JSON.stringify(run.qemu)}: no version, such as 10.0.13`);
  }
  checkPlaces(file, run.config);
  checkTrace(file, run);
  checkStages(file, run);
  for (const { path, isRefused, problem } of refusals(run, version)) {
    if (isRefused) throw new InputError(file, path, problem);
  }
}

/** The writer's pages and the content lie in the guest's memory. */
function checkPlaces(file: string, config: QemuRun['config']): void {
  const pages = config.ram_mib * PAGES_PER_MIB;
  const places: readonly (readonly [string, string, number, number])[] = [
    ['config.ws_pages', 'the working set', config.ws_base_page, config.ws_pages],
    ['config.fill_pages', 'the content', config.fill_base_page, config.fill_pages],
    ['config.fill2_pages', 'the second content', config.fill2_base_page, config.fill2_pages],
    ...(config.memory?.fill_ranges ?? []).map(
      ([from, count], i) =>
        [`config.memory.fill_ranges[${i}]`, 'the content', from, count] as const,
    ),
  ];
  for (const [path, what, from, count] of places) {
    if (count === 0 || from + count <= pages) continue;
    throw new InputError(
      file,
      path,
      `${what} ends at page ${from + count}, the guest has ${pages}`,
    );
  }
}

/** A writer of pace cpu is replayed from its own count of writes. */
function checkTrace(file: string, { config, trace }: QemuRun): void {
  if (config.pace !== 'cpu') return;
  if (trace === undefined) {
    const problem = 'missing: a writer of pace cpu is replayed from its t and guest_writes';
    throw new InputError(file, 'trace', problem);
  }
  const columns = ['t', 'guest_writes'].map((name) => {
    const at = trace.columns.indexOf(name);
    if (at >= 0) return at;
    const problem = `no column ${name}: a writer of pace cpu is replayed from it`;
    throw new InputError(file, 'trace.columns', problem);
  });
  if (trace.rows.some((row) => columns.every((at) => typeof row[at] === 'number'))) return;
  throw new InputError(file, 'trace.rows', 'no row has both t and guest_writes');
}

/** Another size of the working set: a sweep's cursor, and a hot part that no longer fits, are unknown. */
function checkStages(file: string, { config, actions_applied }: QemuRun): void {
  const pages = config.ram_mib * PAGES_PER_MIB;
  actions_applied.forEach((action, i) => {
    if (action.do !== 'serial' || !action.text.startsWith('w')) return;
    const size = Number(action.text.slice(1));
    const problem = sizeProblem(config, size, pages - config.ws_base_page);
    if (problem !== null) throw new InputError(file, `actions_applied[${i}].text`, problem);
  });
}

function sizeProblem(config: QemuRun['config'], size: number, most: number): string | null {
  if (size === 0 || size > most) return `${size} pages: expected 1 to ${most}`;
  if (config.pattern === 'seq') return 'the replay follows no change of a sweep’s working set';
  if (config.pattern === 'hotcold' && size <= config.hot_pages) {
    return `${size} pages: expected more than the ${config.hot_pages} hot ones`;
  }
  return null;
}

interface Refusal {
  readonly path: string;
  readonly isRefused: boolean;
  readonly problem: string;
}

/** Capabilities and parameters that do not go together (spec/qemu.md 1.1, 3.5, 4, 6). */
function refusals(run: QemuRun, version: QemuVersion): readonly Refusal[] {
  const { caps, params, accel, accel_opts } = run.config;
  const name = `QEMU ${version.major}.${version.minor}`;
  const has = (cap: (typeof caps)[number]): boolean => caps.includes(cap);
  const since = (major: number, minor: number): boolean => isAtLeast(version, major, minor);
  const compression = params['multifd-compression'] ?? 'none';
  const hasRing = accel === 'kvm' && accel_opts.includes('dirty-ring');
  return [
    {
      path: 'config.params.multifd-compression',
      isRefused: compression !== 'none' && !hasCompressor(version, compression),
      problem: `${name} has no ${compression}`,
    },
    {
      path: 'config.caps',
      isRefused: has('multifd') && has('xbzrle') && since(8, 0),
      problem: `${name} refuses xbzrle together with multifd`,
    },
    {
      path: 'config.caps',
      isRefused:
        has('multifd') && has('postcopy-ram') && !versionRules(version).multifdWithPostcopy,
      problem: `${name} refuses multifd together with postcopy-ram; 10.1 on takes both`,
    },
    {
      path: 'config.caps',
      isRefused: has('dirty-limit') && !since(8, 1),
      problem: `${name} has no dirty-limit; 8.1 on has it`,
    },
    {
      path: 'config.caps',
      isRefused: has('dirty-limit') && !hasRing,
      problem: 'dirty-limit needs KVM’s dirty ring: dirty-ring-size in accel_opts',
    },
    {
      path: 'config.caps',
      isRefused: has('dirty-limit') && has('auto-converge'),
      problem: `${name} refuses dirty-limit together with auto-converge`,
    },
    {
      path: 'config.params.avail-switchover-bandwidth',
      isRefused: setsAvailSwitchover(run) && !since(8, 2),
      problem: `${name} has no such parameter; 8.2 on has it`,
    },
  ];
}
