/** What a migration asks of the network for one of its streams. */
import type { ActiveMigration } from './active-migration.js';
import type { FlowRequest } from './flow-state.js';

/** RAM and disks: keys that tell a migration's streams apart. */
const KEYS_PER_MIGRATION = 1024;

/** `connectionBytesPerSecond`: ceiling of each connection. */
export function flowRequest(
  migration: ActiveMigration,
  role: 'ram' | number,
  connections: number,
  connectionBytesPerSecond: number,
): FlowRequest {
  const { migrationId, sourceNode, targetNode } = migration.start;
  return {
    migrationId,
    role,
    sourceNode,
    targetNode,
    connections,
    connectionBytesPerSecond,
    roundTripTimeUs: migration.roundTripTimeUs,
    key: migrationId * KEYS_PER_MIGRATION + (role === 'ram' ? 0 : role + 1),
  };
}
