/** The files of one libvirt host, told apart by what is in them: XML of domains, domstats. */
import { InputError } from '../input-error.js';
import { type Domain, readDomains } from '../libvirt/domain.js';
import { type DomainStats, isDomstats, readDomstats } from '../libvirt/domstats.js';
import { kubernetesName } from '../libvirt/guest-names.js';
import { type HostOptions, type LibvirtHost, libvirtHost } from '../libvirt/host-fleet.js';
import { parseXml } from '../libvirt/xml-tree.js';
import { quoteShort } from '../source-document.js';
import { decodeAnyText, isDomainXml } from './decode-text.js';
import { readInputBytes } from './read-bytes.js';

export function isLibvirtText(text: string): boolean {
  return isDomainXml(text) || isDomstats(text);
}

interface LibvirtRequest extends HostOptions {
  readonly files: readonly string[];
}

/**
 * @param first of the files, as it was read already
 * @throws InputError with file and place
 */
export async function readLibvirtHost(
  first: { readonly file: string; readonly text: string },
  { files, host, targetHosts }: LibvirtRequest,
): Promise<LibvirtHost> {
  if (host !== undefined && kubernetesName(host, '') !== host) {
    throw new InputError('--host', '', `${quoteShort(host)} is not a name of Kubernetes`);
  }
  const domains: Domain[] = [];
  const stats: DomainStats[] = [];
  const add = (file: string, text: string): void => {
    if (isDomainXml(text)) domains.push(...readDomains(parseXml(file, text)));
    else if (isDomstats(text)) stats.push(...readDomstats(file, text));
    else {
      const problem = `neither virsh dumpxml nor virsh domstats, as ${first.file} is`;
      throw new InputError(file, '', problem);
    }
  };
  add(first.file, first.text);
  for (const file of files.slice(1)) add(file, decodeAnyText(file, await readInputBytes(file)));
  return libvirtHost({ domains, stats }, { host, targetHosts });
}
