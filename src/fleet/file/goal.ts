/** A fleet file's goal, with its defaults, held against the fleet that it is for. */
import type { Goal, GuestSelection, Limit } from '../goal-model.js';
import type { Fleet } from '../model.js';
import { errorAt, type Path, type SourceDocument } from '../source-document.js';
import { type ReadContext, wrongAt } from './context.js';
import { matcher } from './names.js';
import { schemaError } from './problems.js';
import { fleetSchema } from './schema.js';
import type { GoalField } from './schema-goal.js';

const DEFAULT_TOLERANCE = 0.01;

/**
 * The goal of a file of its own: a fleet file that says only `sluice: 1` and `goal:`.
 * @throws InputError with path, line and column
 */
export function goalFromFile(document: SourceDocument, fleet: Fleet): Goal {
  refuseOtherKeys(document);
  const parsed = fleetSchema.pick({ sluice: true, goal: true }).safeParse(document.value);
  if (!parsed.success) throw schemaError(document, document.value, parsed.error);
  const goal = readGoal({ document, warnings: [] }, parsed.data.goal, fleet);
  if (goal === null) throw errorAt(document, [], 'has no goal: (see fleets/goals)');
  return goal;
}

function refuseOtherKeys(document: SourceDocument): void {
  const { value } = document;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'sluice')) return;
  const other = Object.keys(value).find((key) => key !== 'sluice' && key !== 'goal');
  if (other === undefined) return;
  throw errorAt(document, [other], 'a file with a goal says sluice: 1 and goal: only');
}

export function readGoal(
  context: ReadContext,
  field: GoalField | undefined,
  fleet: Fleet,
): Goal | null {
  if (field === undefined) return null;
  return {
    minimise: [...new Set(field.minimise)],
    tolerance: field.tolerance ?? DEFAULT_TOLERANCE,
    limits: readLimits(context, field.limits ?? {}, fleet),
    search: {
      featureGates: field.search?.featureGates ?? [],
      nodesAtOnce: field.search?.nodesAtOnce ?? null,
      networkWidths: field.search?.networkWidths ?? [],
      separateNetwork: field.search?.separateNetwork ?? false,
      keep: field.search?.keep ?? [],
    },
  };
}

function readLimits(
  context: ReadContext,
  field: NonNullable<GoalField['limits']>,
  fleet: Fleet,
): readonly Limit[] {
  const at = (...path: Path): Path => ['goal', 'limits', ...path];
  const { drainTime } = field;
  return [
    ...(drainTime === undefined ? [] : [{ kind: 'drain-time' as const, mostUs: drainTime }]),
    ...(field.pause ?? []).map(({ p99, worst, ...guests }, index) => ({
      kind: 'pause' as const,
      quantile: p99 === undefined ? ('worst' as const) : ('p99' as const),
      mostUs: p99 ?? worst ?? 0,
      guests: readSelection(context, at('pause', index), guests, fleet),
    })),
    ...(field.noPostCopy ?? []).map((guests, index) => ({
      kind: 'no-post-copy' as const,
      guests: readSelection(context, at('noPostCopy', index), guests, fleet),
    })),
    ...(field.links ?? []).map(({ links, most }) => ({ kind: 'link-share' as const, links, most })),
  ];
}

/** A limit that is for nobody would be kept by every plan. */
function readSelection(
  context: ReadContext,
  path: Path,
  field: {
    readonly labels?: Record<string, string> | undefined;
    readonly namespace?: string | undefined;
  },
  fleet: Fleet,
): GuestSelection {
  const { labels = {}, namespace = '*' } = field;
  const inNamespace = matcher(namespace);
  const wanted = Object.entries(labels);
  const found = fleet.guests.some(
    (guest) =>
      inNamespace(guest.namespace) && wanted.every(([key, value]) => guest.labels[key] === value),
  );
  if (!found) throw wrongAt(context, path, 'no guest has these labels in such a namespace');
  return { labels, namespace };
}
