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

/** Without what `nodeLabels` gives by itself: what a fleet file has to say. */
export function toldNodeLabels(name: string, labels: Labels): Labels {
  return without(HOSTNAME, name, labels);
}

/** Without what `namespaceLabels` gives by itself. */
export function toldNamespaceLabels(name: string, labels: Labels): Labels {
  return without(NAMESPACE_NAME, name, labels);
}

function without(usual: string, name: string, labels: Labels): Labels {
  const { [usual]: value, ...others } = labels;
  return value === name ? others : labels;
}
