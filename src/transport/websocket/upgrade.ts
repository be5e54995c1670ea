import { createHash } from 'node:crypto';
import { shown } from '../../kernel/printable.ts';
import type { ConnectionRefusal } from '../connection-refusal.ts';

/** What of an upgrade request decides. */
export interface UpgradeRequest {
  readonly method: string | undefined;
  readonly url: string | undefined;
  /** Header `Sec-WebSocket-Key`. */
  readonly key: string | undefined;
  /** Header `Sec-WebSocket-Version`. */
  readonly version: string | undefined;
  /** Header `Upgrade`. */
  readonly upgrade: string | undefined;
  /** Header `Sec-WebSocket-Protocol`. */
  readonly protocols: string | undefined;
}

/** A refused upgrade: HTTP status and reason. */
export interface UpgradeRefusal extends ConnectionRefusal {
  readonly status: 400 | 403 | 404 | 405 | 426;
  /** Sent with the response. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What an MQTT client may offer, best first; `mqttv3.1` is what clients of 3.1 say. [MQTT-6.0.0-3] */
const subprotocols = ['mqtt', 'mqttv3.1'] as const;

/** @returns the subprotocol to answer, or undefined where none of ours is offered. [MQTT-6.0.0-4] */
const chooseSubprotocol = (offered: ReadonlySet<string>): (typeof subprotocols)[number] | undefined =>
  subprotocols.find((ours) => offered.has(ours));

const subprotocolsIn = (header: string): Set<string> => new Set(header.split(',').map((protocol) => protocol.trim()));

/** RFC 6455 4.1. */
const sixteenBytes = /^[+/0-9A-Za-z]{22}==$/;
const supportedVersion = '13';

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
  if (request.method !== 'GET') return handshakeRefusal(405, 'its method is not GET', { Allow: 'GET' });
  if (request.version !== supportedVersion)
    return handshakeRefusal(
      426,
      `Sec-WebSocket-Version is "${shown(request.version ?? '')}", not ${supportedVersion}`,
      { 'Sec-WebSocket-Version': supportedVersion, Upgrade: 'websocket' }, // RFC 6455 4.4
    );
  if (!sixteenBytes.test(request.key ?? ''))
    return handshakeRefusal(400, `Sec-WebSocket-Key is "${shown(request.key ?? '')}", not 16 bytes in base64`);
  if (chooseSubprotocol(subprotocolsIn(request.protocols ?? '')) !== undefined) return undefined;
  const what =
    request.protocols === undefined ? 'no WebSocket subprotocol' : `the subprotocol "${shown(request.protocols)}"`;
  return {
    status: 400,
    reason: 'websocket-subprotocol',
    detail: `${what} is offered by the client; MQTT needs Sec-WebSocket-Protocol: mqtt [MQTT-6.0.0-3]`,
  };
}

const handshakeRefusal = (
  status: UpgradeRefusal['status'],
  what: string,
  headers: Readonly<Record<string, string>> = {},
): UpgradeRefusal => ({
  status,
  reason: 'websocket-handshake',
  detail: `a malformed WebSocket request: ${what}`,
  headers,
});

/** The response to an upgrade request that is not refused. (RFC 6455 4.2.2) */
export function switchingProtocols(key: string, offered: string): string {
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
    `Sec-WebSocket-Protocol: ${chooseSubprotocol(subprotocolsIn(offered))}`,
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}
