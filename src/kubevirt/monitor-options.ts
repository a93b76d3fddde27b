/** From frozen settings and facts of the guest to what the monitor is made of. */
import type { StallDetectorOptions } from './monitor-model.js';
import type { StallDetectorSettings } from './policy.js';
import { quantityToDouble } from './quantity-float.js';

/** Factors become the doubles that KubeVirt computes with (spec/kubevirt.md 1.3). */
export function stallDetectorOptions(settings: StallDetectorSettings): StallDetectorOptions {
  return {
    stallMarginPercent: settings.stallMargin,
    stallProgressTimeoutSeconds: settings.stallProgressTimeout,
    switchoverTimeoutSeconds: settings.switchoverTimeout,
    ewmaAlpha: quantityToDouble(settings.ewmaAlpha),
    precopyPossibleFactor: quantityToDouble(settings.precopyPossibleFactor),
    patienceWindowDecayFactor: quantityToDouble(settings.patienceWindowDecayFactor),
    searchLocalMinima: settings.searchLocalMinima,
    completionTimeoutFactor: quantityToDouble(settings.completionTimeoutFactor),
  };
}

/** pkg/vmitrait: any device that VFIO passes through. */
export function hasVfio(hostDevices: number, gpus: number, sriovInterfaces: number): boolean {
  return hostDevices > 0 || gpus > 0 || sriovInterfaces > 0;
}
