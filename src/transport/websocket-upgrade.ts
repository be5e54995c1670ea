import { printable, type Refusal } from './refusal.ts';

/** What of an upgrade request decides. */
export interface UpgradeRequest {
  readonly url: string | undefined;
  /** Header `Upgrade`. */
  readonly upgrade: string | undefined;
  /** Header `Sec-WebSocket-Protocol`. */
  readonly protocols: string | undefined;
}

/** A refused upgrade: HTTP status and reason. */
export interface UpgradeRefusal extends Refusal {
  readonly status: 400 | 404;
}

/** What an MQTT client may offer, best first; `mqttv3.1` is what clients of 3.1 say. [MQTT-6.0.0-3] */
const subprotocols = ['mqtt', 'mqttv3.1'] as const;

/** @returns the subprotocol to answer, or undefined where none of ours is offered. [MQTT-6.0.0-4] */
export const chooseSubprotocol = (offered: ReadonlySet<string>): (typeof subprotocols)[number] | undefined =>
  subprotocols.find((ours) => offered.has(ours));

/** The path of a request target, without the query that some clients add. */
export const pathOf = (url: string | undefined): string => url?.split('?', 1)[0] ?? '';

/** Decides on an upgrade request. @returns undefined when it may go on. */
export function refuseUpgrade(request: UpgradeRequest, path: string): UpgradeRefusal | undefined {
  const upgrade = request.upgrade ?? '';
  if (upgrade.toLowerCase() !== 'websocket')
    return {
      status: 400,
      reason: 'websocket-handshake',
      detail: `an upgrade to "${shown(upgrade)}"; only websocket is offered here`,
    };
  const asked = pathOf(request.url);
  if (asked !== path)
    return {
      status: 404,
      reason: 'websocket-path',
      detail: `no WebSocket at "${shown(asked)}"; MQTT over WebSocket is at "${path}"`,
    };
  const offered = (request.protocols ?? '').split(',').map((protocol) => protocol.trim());
  if (chooseSubprotocol(new Set(offered)) !== undefined) return undefined;
  const what =
    request.protocols === undefined ? 'no WebSocket subprotocol' : `the subprotocol "${shown(request.protocols)}"`;
  return {
    status: 400,
    reason: 'websocket-subprotocol',
    detail: `${what} is offered by the client; MQTT needs Sec-WebSocket-Protocol: mqtt [MQTT-6.0.0-3]`,
  };
}

const shown = (text: string): string => printable(text.length > 80 ? `${text.slice(0, 80)}...` : text);
