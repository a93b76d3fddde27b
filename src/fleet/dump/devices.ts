/** Interfaces, host devices and features of a VMI that decide whether it can move. */
import type { GuestFeatures, GuestInterface } from '../model.js';
import { at, booleanOr, elements, type Field, isSet, requiredText, textOr } from './field.js';

/** @throws InputError with the path of the wrong field */
export function readInterfaces(spec: Field): readonly GuestInterface[] {
  const podNetworks = new Set(
    elements(at(spec, 'networks'))
      .filter((network) => isSet(at(network, 'pod')))
      .map((network) => textOr(at(network, 'name'), '')),
  );
  return elements(at(spec, 'domain', 'devices', 'interfaces')).map((field) => {
    const name = requiredText(at(field, 'name'));
    const plugin = textOr(at(field, 'binding', 'name'), '');
    return { name, binding: bindingOf(field, plugin), plugin, podNetwork: podNetworks.has(name) };
  });
}

function bindingOf(field: Field, plugin: string): GuestInterface['binding'] {
  if (plugin !== '') return 'plugin';
  if (isSet(at(field, 'masquerade'))) return 'masquerade';
  if (isSet(at(field, 'bridge'))) return 'bridge';
  if (isSet(at(field, 'passtBinding')) || isSet(at(field, 'passt'))) return 'passt';
  return isSet(at(field, 'sriov')) ? 'sriov' : 'other';
}

/** deviceNames (resource names) of `gpus` or `hostDevices`. */
export function readDeviceNames(list: Field): readonly string[] {
  return elements(list).map((device) => requiredText(at(device, 'deviceName')));
}

/** @throws InputError with the path of the wrong field */
export function readFeatures(vmi: Field): GuestFeatures {
  const spec = at(vmi, 'spec');
  const domain = at(spec, 'domain');
  const devices = at(domain, 'devices');
  const security = at(domain, 'launchSecurity');
  const isMainframe = textOr(at(spec, 'architecture'), '') === 's390x';
  const volumes = elements(at(spec, 'volumes'));
  return {
    tpm: isEnabled(at(devices, 'tpm')),
    sev: isSet(at(security, 'sev')) || isSet(at(security, 'snp')),
    tdx: isSet(at(security, 'tdx')),
    secureExecution: isSet(security) && isMainframe,
    hypervPassthrough: isEnabled(at(domain, 'features', 'hypervPassthrough')),
    hypervReenlightenment: isEnabled(at(domain, 'features', 'hyperv', 'reenlightenment')),
    tscFrequencyKnown: isSet(at(vmi, 'status', 'topologyHints', 'tscFrequency')),
    realtime: isSet(at(domain, 'cpu', 'realtime')),
    autoattachGraphicsDevice: booleanOr(at(devices, 'autoattachGraphicsDevice'), true),
    autoattachMemBalloon: booleanOr(at(devices, 'autoattachMemBalloon'), true),
    downwardMetrics:
      isSet(at(devices, 'downwardMetrics')) || volumes.some((v) => isSet(at(v, 'downwardMetrics'))),
    livenessExecProbe: isSet(at(spec, 'livenessProbe', 'exec')),
    readinessExecProbe: isSet(at(spec, 'readinessProbe', 'exec')),
  };
}

/** KubeVirt's feature states: present means on, unless `enabled: false`. */
function isEnabled(field: Field): boolean {
  return isSet(field) && booleanOr(at(field, 'enabled'), true);
}
