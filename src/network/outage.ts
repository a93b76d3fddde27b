/**
 * What an interruption does to a connection: it stands still until its next retransmission after
 * the way is back, or breaks when it has tried too often (RFC 6298: each wait twice the last).
 */
import type { TcpSettings } from '../fleet/network-spec.js';

/** When a connection that was cut at `cutUs` and whose way is back at `backUs` moves again. */
export function resumedUs(tcp: TcpSettings, cutUs: number, backUs: number): number {
  let atUs = cutUs;
  let waitUs = tcp.retransmissionTimeoutUs;
  for (let tried = 0; tried < tcp.retransmissions; tried += 1) {
    atUs += waitUs;
    if (atUs >= backUs) return Math.ceil(atUs);
    waitUs = Math.min(2 * waitUs, tcp.longestRetransmissionTimeoutUs);
  }
  return Number.POSITIVE_INFINITY;
}

/** When a connection with data under way gives up: after the last retransmission's wait. */
export function timedOutUs(tcp: TcpSettings, cutUs: number): number {
  let atUs = cutUs;
  let waitUs = tcp.retransmissionTimeoutUs;
  for (let tried = 0; tried <= tcp.retransmissions; tried += 1) {
    atUs += waitUs;
    waitUs = Math.min(2 * waitUs, tcp.longestRetransmissionTimeoutUs);
  }
  return Math.ceil(atUs);
}

/** When libvirt's keep-alive has missed all its answers (spec/qemu.md 7.1). */
export function keepAliveLostUs(tcp: TcpSettings, cutUs: number): number {
  return Math.ceil(cutUs + tcp.keepAliveIntervalUs * (tcp.keepAliveCount + 1));
}
