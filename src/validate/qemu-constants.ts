/**
 * The recording host, as far as no run file tells it: the few global constants of the replay.
 * How each was fitted stands in docs/validation.md; no scenario has constants of its own.
 */

/** One stream over the loopback, unshaped: copying a page through two sockets. */
export const LOOPBACK_BYTES_PER_SECOND = 1.6e9;
/** The target's first touch of a page with content, which holds up a stream at loopback speed. */
export const FIRST_TOUCH_US_PER_PAGE = 7;
/** The target's UFFDIO_COPY of a page in post-copy. */
export const PLACE_US_PER_PAGE = 2;
/** A fault's round trip with postcopy-preempt; what TCP holds before a request without. */
export const FAULT_US = 200;
export const REQUEST_QUEUE_BYTES = 3_200_000;
/** How late a window's sleep ends on this host of two cores. */
export const WAKE_LATENCY_US = 58;
/** XBZRLE: mean difference of a page that hits, with its header; time to encode one. */
export const XBZRLE_HIT_BYTES = 57;
export const XBZRLE_US_PER_PAGE = 5;
/** Goodput of a shaped link: 1,448 bytes of data in an Ethernet frame of 1,514. */
export const GOODPUT_SHARE = 1448 / 1514;
/** What socket buffers and the token bucket's queue hold when a shaped link is what limits. */
export const BACKLOG_BYTES = 2_600_000;
/** Zero test of a page (spec/qemu.md 2.5: 3–4.2 M pages a second). */
export const ZERO_US_PER_PAGE = 0.24;
/**
 * A page in one channel's thread: zstd recorded; zlib measured with Node's own at level 1 on such
 * pages, never recorded; qatzip's a card's, at the rate that spec/qemu.md 4 implies.
 */
export const COMPRESSOR_US_PER_PAGE = { zlib: 11.8, zstd: 11.2, qatzip: 9.4 } as const;
/** Size after it of a page that holds 64 random bytes and its number, over 4,096: as above. */
export const SPARSE_COMPRESSED_SHARE = { zlib: 0.0224, zstd: 0.0175, qatzip: 0.0224 } as const;
/** From the migrate command to the first page: stream set up, first sync. */
export const SETUP_US = 1_500;
/** One sync of a guest this small (spec 2.5). */
export const SYNC_US = 80;
/** Clear of the dirty log of a GiB that is dirty all over (spec 2.5: 1.8 to 2.0 ms in round 1). */
export const CHUNK_CLEAR_US = 2_000;
/**
 * Pages a second that the clock-paced writer can catch up with, for each loop that the guest spins
 * in a millisecond: what is left of it bounds the writer when auto-converge throttles the vCPU.
 */
export const WRITES_PER_SPIN_LOOP_MS = 2;
/** vm_stop and block flush. */
export const STOP_US = 300;
export const DEVICE_STATE_BYTES = 16_000;
/** Destination: loading the device state and starting the vCPU. */
export const LOAD_US = 3_000;
