/** A first fleet file: what `sluice init` writes from a few answers, with what to change next. */
import type { PresetName } from '../presets.js';

/** What becomes of a guest that writes faster than its link carries. */
export const NOT_CONVERGING = ['abort', 'throttle', 'post-copy', 'pause'] as const;
export type NotConverging = (typeof NOT_CONVERGING)[number];

export interface FirstFleetAnswers {
  readonly name: string;
  readonly nodes: number;
  readonly nodeCpus: number;
  /** As a person writes it: 256Gi, 25Gbit/s. */
  readonly nodeMemory: string;
  readonly nic: string;
  /** In all; dealt out to the nodes in turn. */
  readonly guests: number;
  readonly guestMemory: string;
  readonly guestVcpus: number;
  readonly workload: PresetName;
  readonly notConverging: NotConverging;
}

/** The file's text, in the order in which a person reads it. */
export function firstFleetText(answers: FirstFleetAnswers, file: string): string {
  const first = numbered('node', 1, answers.nodes);
  const guest = numbered('guest', 1, answers.guests);
  return `# A first fleet: change what is not as in your cluster.
#
#   sluice run ${file}                          how long the drain takes, who stays behind
#   sluice trace ${file} --guest demo/${guest}  one migration, round by round
#   sluice run ${file} --set kubevirt.migrations.parallelMigrationsPerCluster=10
#
# A running cluster can be imported instead: sluice import --help.

sluice: 1 # the format of this file
name: ${answers.name}

# KubeVirt's own YAML goes here: the KubeVirt object, its spec, or its spec.configuration.
kubevirt:
  release: '1.9'
  evictionStrategy: LiveMigrate # KubeVirt's default is None: guests are shut down, not moved
  migrations:
    parallelMigrationsPerCluster: 5
    parallelOutboundMigrationsPerNode: 2
    completionTimeoutPerGiB: 150
    # A guest that writes faster than the link carries: ${MEANS[answers.notConverging]}
    allowAutoConverge: ${answers.notConverging === 'throttle'}
    allowPostCopy: ${answers.notConverging === 'post-copy'}
    allowWorkloadDisruption: ${answers.notConverging === 'post-copy' || answers.notConverging === 'pause'}

network:
  nic: ${answers.nic} # line rate each way; 2x25Gbit/s is a bond of two
  rtt: 200us

nodes:
  - name: node-{${'0'.repeat(String(answers.nodes).length - 1)}1}
    count: ${answers.nodes}
    allocatable: { cpu: ${answers.nodeCpus}, memory: ${answers.nodeMemory}, pods: 250 }

guests:
  - name: guest-{${'0'.repeat(String(answers.guests).length - 1)}1}
    namespace: demo
    count: ${answers.guests}
    nodes: '*' # one after the other
    memory: ${answers.guestMemory}
    vcpus: ${answers.guestVcpus}
    workload: ${answers.workload} # or what the guests really write: see "workload" in the reference

drain:
  nodes: [${first}]
`;
}

const MEANS: Readonly<Record<NotConverging, string>> = {
  abort: 'aborted at the timeout, tried again',
  throttle: 'slowed down until it converges',
  'post-copy': 'switched over early, its memory follows',
  pause: 'paused until the rest is sent',
};

/** The name that a group of `count` gives its nth. */
function numbered(name: string, nth: number, count: number): string {
  return `${name}-${String(nth).padStart(String(count).length, '0')}`;
}
