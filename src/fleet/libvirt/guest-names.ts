/** Domains' names to names of Kubernetes: libvirt allows nearly any text. */
import type { Domain } from './domain.js';

export interface GuestName {
  readonly namespace: string;
  readonly name: string;
}

const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const LONGEST = 200;

/** By domain, each another; the same whatever the order of the domains. */
export function guestNames(domains: readonly Domain[]): ReadonlyMap<Domain, GuestName> {
  const names = new Map<Domain, GuestName>();
  const taken = new Set<string>();
  // Those that are names already keep them.
  const isName = (domain: Domain): number => (NAME.test(domain.name) ? 0 : 1);
  const sorted = [...domains].sort((a, b) => isName(a) - isName(b) || (a.name < b.name ? -1 : 1));
  for (const domain of sorted) {
    const wanted = nameOf(domain);
    let name = wanted.name;
    for (let i = 2; taken.has(`${wanted.namespace}/${name}`); i += 1) name = `${wanted.name}-${i}`;
    taken.add(`${wanted.namespace}/${name}`);
    names.set(domain, { namespace: wanted.namespace, name });
  }
  return names;
}

function nameOf({ name, isKubeVirts }: Domain): GuestName {
  const [namespace = '', guest = '', ...others] = name.split('_');
  if (isKubeVirts && others.length === 0 && NAME.test(namespace) && NAME.test(guest)) {
    return { namespace, name: guest };
  }
  return { namespace: 'default', name: kubernetesName(name, 'guest') };
}

/** The text in lower case, with dashes for what is not allowed; `otherwise` where nothing is left. */
export function kubernetesName(text: string, otherwise: string): string {
  const plain = text
    .slice(0, LONGEST)
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '');
  return NAME.test(plain) ? plain : otherwise;
}
