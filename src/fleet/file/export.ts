/** A fleet as a file that a person can read, edit and keep under version control. */
import { Document, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import type { Fleet, Guest, OtherPod } from '../model.js';
import { writeEvent } from './events.js';
import { escapeParameters } from './parameters.js';
import {
  canonicalText,
  equalValues,
  isEmpty,
  type Plain,
  unless,
  writeQuantities,
} from './plain.js';
import { writeUserMigration } from './user-migrations.js';
import {
  sharedLabels,
  writeHost,
  writeKubeVirt,
  writeNamespaces,
  writeNodes,
  writePolicy,
  writeTimings,
} from './write-cluster.js';
import { writeDrain } from './write-drain.js';
import {
  USUAL_GUEST_FIELDS,
  writeGuestFields,
  writeGuestIdentity,
  writeMigrationMethod,
} from './write-guest.js';
import { writeNetwork } from './write-network.js';

/** What is shorter than this stands on one line: a volume, a set of labels, an observation. */
const FLOW_LENGTH = 160;

const HEADER = ` yaml-language-server: $schema=./fleet.schema.json

 Written by sluice; read it back with sluice run. Values that are usual are left out (the JSON
 Schema names every field). Rates are payload already, hence goodput: 100%.`;

/**
 * YAML that `fleetFromFile` reads back as an equal fleet, but for each guest's `origin`, which
 * says where it stands in the file that it was read from.
 */
export function fleetToFile(fleet: Fleet): string {
  const sections = Object.entries(plainFleet(fleet)).map(([name, section], index) => {
    const key = new Scalar(name);
    key.spaceBefore = index > 0;
    return new Pair(key, styled(section, 1).node);
  });
  const contents = new YAMLMap();
  contents.items.push(...sections);
  const document = new Document();
  document.contents = contents;
  document.commentBefore = HEADER;
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

interface Styled {
  readonly node: Scalar | YAMLMap | YAMLSeq;
  /** About what it takes on one line. */
  readonly length: number;
}

/** Nodes of YAML: collections that are short on one line, but for the sections themselves. */
function styled(value: unknown, depth: number): Styled {
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => styled(item, depth + 1));
    const node = new YAMLSeq();
    node.items.push(...items.map((item) => item.node));
    return flowIfShort(
      node,
      depth,
      items.reduce((sum, { length }) => sum + length + 2, 4),
    );
  }
  if (typeof value === 'object' && value !== null) {
    const node = new YAMLMap();
    let length = 4;
    for (const [key, inner] of Object.entries(value)) {
      const item = styled(inner, depth + 1);
      node.items.push(new Pair(new Scalar(key), item.node));
      length += key.length + 2 + item.length + 2;
    }
    return flowIfShort(node, depth, length);
  }
  const text = typeof value === 'string' ? escapeParameters(value) : value;
  return { node: new Scalar(text), length: String(text).length + 1 };
}

function flowIfShort(node: YAMLMap | YAMLSeq, depth: number, length: number): Styled {
  node.flow = node.items.length === 0 || (depth > 1 && length + 2 * depth <= FLOW_LENGTH);
  return { node, length };
}

function plainFleet(fleet: Fleet): Plain {
  const { shared, guests } = writeGuests(fleet.guests);
  const nodeLabels = sharedLabels(fleet.nodes);
  return {
    sluice: 1,
    name: fleet.name,
    ...unlessEmpty({
      drain: writeDrain(fleet),
      kubevirt: writeKubeVirt(fleet.kubevirt),
      migrationPolicies: fleet.policies.map(writePolicy),
      timings: writeTimings(fleet),
      host: writeHost(fleet),
      events: fleet.events.map(writeEvent),
      userMigrations: fleet.userMigrations.map(writeUserMigration),
      network: writeNetwork(fleet.network),
      namespaces: writeNamespaces(fleet),
      guestDefaults: shared,
      guests,
      nodeDefaults: isEmpty(nodeLabels) ? {} : { labels: nodeLabels },
      nodes: writeNodes(fleet),
      otherPods: fleet.otherPods.map(writeOtherPod),
      disruptionBudgets: fleet.disruptionBudgets.map(({ matchLabels, ...budget }) => ({
        ...budget,
        ...(isEmpty(matchLabels) ? {} : { matchLabels }),
      })),
    }),
  };
}

function writeOtherPod(pod: OtherPod): Plain {
  const { namespace, name, node, labels, requests, daemonSet } = pod;
  return {
    namespace,
    name,
    node,
    ...unless(
      { labels: {}, requests: {}, daemonSet: false },
      { labels, requests: writeQuantities(requests), daemonSet },
    ),
  };
}

/** What most guests have goes to guestDefaults; each guest then says what is different about it. */
function writeGuests(guests: readonly Guest[]): { shared: Plain; guests: readonly Plain[] } {
  const all = guests.map(writeGuestFields);
  const shared = Object.fromEntries(
    Object.keys(all[0] ?? {}).flatMap((key) => {
      const value = mostFrequent(all.map((fields) => fields[key]));
      return value === null || equalValues(value, USUAL_GUEST_FIELDS[key]) ? [] : [[key, value]];
    }),
  );
  const usual = { ...USUAL_GUEST_FIELDS, ...shared };
  return {
    shared,
    guests: guests.map((guest, index) => ({
      ...writeGuestIdentity(guest),
      ...unless(usual, all[index] ?? {}),
      ...writeMigrationMethod(guest),
    })),
  };
}

/** The value that more than half of them have; null when none has. */
function mostFrequent(values: readonly unknown[]): unknown {
  const counts = new Map<string, { readonly value: unknown; count: number }>();
  for (const value of values) {
    const text = canonicalText(value);
    const known = counts.get(text);
    if (known === undefined) {
      counts.set(text, { value, count: 1 });
    } else {
      known.count += 1;
    }
  }
  const found = [...counts.values()].find(({ count }) => count * 2 > values.length);
  return values.length > 1 && found !== undefined ? found.value : null;
}

function unlessEmpty(sections: Plain): Plain {
  return Object.fromEntries(
    Object.entries(sections).filter(([, section]) => !isEmpty(section as object)),
  );
}
