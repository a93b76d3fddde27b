/** What `sluice plan` is to reach, as a fleet file has it. */
import { z } from 'zod';
import { duration, flag, labels, noun, share, whole } from './fields.js';

const selection = {
  labels: labels().describe('guests with all these labels (default: all)').optional(),
  namespace: z.string().min(1).describe('guests of this namespace; * for any part').optional(),
};

const limits = noun({
  drainTime: duration().describe('the window: no drain may take longer').optional(),
  pause: z
    .array(
      noun({
        p99: duration().describe('of all pauses of these guests').optional(),
        worst: duration().describe('no pause of these guests may be longer').optional(),
        ...selection,
      }).refine(({ p99, worst }) => (p99 === undefined) !== (worst === undefined), {
        error: 'expected either p99 or worst',
      }),
    )
    .describe('how long guests may be paused by a migration, downtime included')
    .optional(),
  noPostCopy: z
    .array(noun(selection))
    .describe('guests that must never run in post-copy; {} is all')
    .optional(),
  links: z
    .array(
      noun({
        links: z.string().min(1).describe('links by name, as links.csv has them: nic/*/up'),
        most: share().describe('what migrations may take of each, in any ten seconds'),
      }),
    )
    .describe('what is left for others')
    .optional(),
});

export const goal = noun({
  minimise: z
    .array(z.enum(['drain-time', 'downtime', 'disruption', 'bytes']))
    .min(1)
    .describe('the most important first; the next decides between equals'),
  tolerance: share().describe('within which values are equal (default 1%)').optional(),
  limits: limits.describe('what no run of the plan may pass').optional(),
  search: noun({
    featureGates: z
      .array(z.enum(['MigrationStallDetection', 'MigrationDowntimeTuning']))
      .describe('feature gates that a plan may turn on (default: none)')
      .optional(),
    nodesAtOnce: whole(1)
      .describe('nodes drained at a time, at most (default: as the drain says)')
      .optional(),
    networkWidths: z
      .array(z.number().positive().max(100))
      .describe('NICs and uplinks so many times as wide may be tried: [2, 4] (default: none)')
      .optional(),
    separateNetwork: flag()
      .describe('a network without other traffic may be tried (default: false)')
      .optional(),
    keep: z
      .array(z.string().min(1))
      .describe('settings that stay as they are, by the name in plan.csv: policy/*')
      .optional(),
  })
    .describe('what the search may touch')
    .optional(),
});

export type GoalField = z.output<typeof goal>;
