import { describe, expect, it } from 'vitest';
import { unplugSriov } from '../../src/kubevirt/sriov-unplug.js';

const SECOND = 1_000_000;
const NIC = [{ binding: 'masquerade' }, { binding: 'sriov' }];

describe('SR-IOV interfaces before a migration (spec/kubevirt.md 3.7)', () => {
  it('are waited for as long as the guest takes', () => {
    expect(unplugSriov([{ binding: 'bridge' }], 60 * SECOND, 5)).toBeNull();
    expect(unplugSriov(NIC, 3 * SECOND, 5)).toEqual({ untilUs: 3 * SECOND + 5, failure: null });
    expect(unplugSriov(NIC, 30 * SECOND, 5)?.failure).toBeNull();
  });

  it('fail the migration after 30 s', () => {
    expect(unplugSriov(NIC, 30 * SECOND + 1, 5)).toEqual({
      untilUs: 30 * SECOND + 5,
      failure: 'SR-IOV host devices are still attached after 30 s',
    });
  });
});
