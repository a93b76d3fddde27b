/** Labels that Kubernetes itself gives to every node and namespace: few who write a fleet write them. */
import type { Labels } from './labels.js';

const HOSTNAME = 'kubernetes.io/hostname';
const NAMESPACE_NAME = 'kubernetes.io/metadata.name';

export function nodeLabels(name: string, given: Labels): Labels {
  return { [HOSTNAME]: name, ...given };
}

export function namespaceLabels(name: string, given: Labels): Labels {
  return { [NAMESPACE_NAME]: name, ...given };
}

/** Those of the labels that a fleet file has to say. */
export function toldLabels(name: string, labels: Labels): Labels {
  return Object.fromEntries(
    Object.entries(labels).filter(
      ([key, value]) => value !== name || (key !== HOSTNAME && key !== NAMESPACE_NAME),
    ),
  );
}
