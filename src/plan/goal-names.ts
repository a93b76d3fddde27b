/** Names in a goal that nothing has: a limit on them would be kept by every plan, a knob be turned. */
import { didYouMean } from '../fleet/closest.js';
import { matcher } from '../fleet/file/names.js';
import type { Goal } from '../fleet/goal-model.js';
import { InputError } from '../fleet/input-error.js';
import type { Fleet } from '../fleet/model.js';
import { linkNames } from '../simulation/named-links.js';
import type { Knob } from './knob.js';

/**
 * @param file that has the goal
 * @throws InputError for links that the network does not have, and for a knob to keep that there is not
 */
export function checkGoalNames(
  file: string,
  goal: Goal,
  fleet: Fleet,
  knobs: readonly Knob[],
): void {
  const patterns = goal.limits.flatMap((limit) =>
    limit.kind === 'link-share' ? [limit.links] : [],
  );
  const links = patterns.length === 0 ? [] : linkNames(fleet);
  for (const [index, pattern] of patterns.entries()) {
    if (links.some(matcher(pattern))) continue;
    const problem = `no link is named "${pattern}"${didYouMean(pattern, links)}`;
    throw new InputError(file, `goal.limits.links[${index}].links`, problem);
  }
  const names = knobs.map(({ name }) => name);
  for (const [index, name] of goal.search.keep.entries()) {
    // Knobs of policies are known only after the first replicas, and patterns may be meant for them.
    if (/[*/]/.test(name) || names.includes(name)) continue;
    const problem = `no knob is named "${name}"${didYouMean(name, names)}`;
    throw new InputError(file, `goal.search.keep[${index}]`, problem);
  }
}
