import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { AcceptLink, Peer } from '../../broker/ports.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { ConnectionRefusal } from '../connection-refusal.ts';
import type { LinkEnds } from '../link-end.ts';
import { heartbeat } from './heartbeat.ts';
import { webSocketLink } from './link.ts';
import { type OriginRules, refuseOrigin } from './origin.ts';
import { refuseUpgrade, switchingProtocols, type UpgradeRefusal } from './upgrade.ts';

/** The connection that asks. */
export interface UpgradeVisit {
  readonly socket: Socket;
  readonly peer: Omit<Peer, 'protocol'>;
  /** It becomes a link. */
  onSpoken(): void;
  onRefused(refusal: ConnectionRefusal): void;
}

export interface UpgradesOptions {
  /** The listener accepts WebSockets. */
  readonly isAccepted: boolean;
  readonly path: string;
  /** Largest WebSocket message to a client in bytes. */
  readonly messageBytes: number;
  readonly rules: OriginRules;
}

export interface UpgradesDeps {
  readonly accept: AcceptLink;
  readonly clock: Clock;
  readonly ends: LinkEnds;
}

/** Turns requests for a WebSocket into links. `first` is what came behind the request. @returns why one is refused */
export type Upgrades = (request: IncomingMessage, visit: UpgradeVisit, first: Buffer) => UpgradeRefusal | undefined;

export const createUpgrades = (
  { isAccepted, path, messageBytes, rules }: UpgradesOptions,
  { accept, clock, ends }: UpgradesDeps,
): Upgrades => {
  const pings = heartbeat(clock);
  return ({ headers, method, url }, visit, first) => {
    const { 'sec-websocket-protocol': protocols, 'sec-websocket-key': key } = headers;
    const asked = {
      method,
      url,
      upgrade: headers.upgrade,
      key,
      version: headers['sec-websocket-version'],
      protocols,
    };
    const isSecure = visit.peer.tls !== undefined;
    const refusal = isAccepted ? (refuseUpgrade(asked, path) ?? refuseOrigin(headers, isSecure, rules)) : notAccepted;
    if (refusal !== undefined) {
      visit.onRefused(refusal);
      return refusal;
    }
    const { socket } = visit;
    visit.onSpoken();
    if (first.length > 0) socket.unshift(first);
    socket.write(switchingProtocols(key ?? '', protocols ?? ''));
    const peer = { ...visit.peer, protocol: isSecure ? 'wss' : 'ws' } as const;
    accept(webSocketLink({ socket, peer, ends, heartbeat: pings, messageBytes }));
    return undefined;
  };
};

const notAccepted: UpgradeRefusal = {
  status: 400,
  reason: 'websocket-not-accepted',
  detail: 'a WebSocket request; this listener does not accept websocket',
};
