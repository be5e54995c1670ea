import type { Events } from '../../kernel/telemetry-ports.ts';
import { reasonCodes } from '../../mqtt/reason-codes.ts';
import { userConnectionsOver } from '../limit-events.ts';
import type { Identity } from '../ports.ts';
import type { ConnectedUsers } from './connected-users.ts';
import type { EngineSession } from './engine-session.ts';

/** Makes room for one more client of a user, where it may have one. @returns false where it may not, and was refused */
export function admitUser(
  client: EngineSession,
  identity: Identity,
  connected: ConnectedUsers,
  events: Events,
): boolean {
  const { edge, id: clientId } = client;
  const { perUser, beyond } = edge.limits.connections;
  if (perUser === undefined) return true;
  const others = connected.others(identity, clientId);
  if (others.length < perUser) return true;
  const { principal } = identity;
  events.emit(userConnectionsOver, { listener: edge.peer.listener, principal, limit: perUser, outcome: beyond });
  if (beyond === 'refuse') {
    client.refused(
      reasonCodes.quotaExceeded,
      `user "${principal}" is connected ${others.length} times already; limits.connections.perUser allows ${perUser}`,
    );
    return false;
  }
  for (const oldest of others.slice(0, others.length - perUser + 1))
    oldest.disconnect({ reasonCode: reasonCodes.quotaExceeded });
  return true;
}
