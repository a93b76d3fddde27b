/** What a plan may turn: each knob with the choices that a candidate has. */
import { matcher } from '../fleet/file/names.js';
import type { Fleet } from '../fleet/model.js';

export interface Choice {
  /** As plan.csv tells it. */
  readonly text: string;
  readonly apply: (fleet: Fleet) => Fleet;
}

export interface Knob {
  /** `parallelMigrationsPerCluster`, `policy/NAME/FIELD`, `drain/order`. */
  readonly name: string;
  /** The first one leaves it as it is today. */
  readonly choices: readonly Choice[];
}

/** For each knob the index of its choice; all zeros is today. */
export type Candidate = readonly number[];

export function candidateFleet(today: Fleet, knobs: readonly Knob[], candidate: Candidate): Fleet {
  return knobs.reduce(
    (fleet, { choices }, index) => choices[candidate[index] ?? 0]?.apply(fleet) ?? fleet,
    today,
  );
}

/**
 * A knob whose values are plain: today's own is left out of the choices.
 * @param textOf as KubeVirt or the fleet file writes the value
 */
export function knobOf<Value>(
  name: string,
  today: Value,
  values: readonly Value[],
  textOf: (value: Value) => string,
  apply: (fleet: Fleet, value: Value) => Fleet,
): Knob {
  const texts = [today, ...values].map(textOf);
  const others = values.filter((_, index) => texts.indexOf(texts[index + 1] ?? '') === index + 1);
  return {
    name,
    choices: [
      { text: textOf(today), apply: (fleet) => fleet },
      ...others.map((value) => ({
        text: textOf(value),
        apply: (fleet: Fleet) => apply(fleet, value),
      })),
    ],
  };
}

/** Those that the goal does not keep as they are, and that have a choice at all. */
export function turnableKnobs(knobs: readonly Knob[], keep: readonly string[]): readonly Knob[] {
  const kept = keep.map(matcher);
  return knobs.filter(({ name, choices }) => choices.length > 1 && !kept.some((is) => is(name)));
}
