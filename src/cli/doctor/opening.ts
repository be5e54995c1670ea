import { formatSocketAddress } from '../../kernel/address.ts';
import type { TlsTarget } from './tls-target.ts';

/** What a check says once it is through the handshake, and how it knows that somebody answered. */
export interface Opening {
  readonly bytes: Buffer;
  /** Shell command after which `openssl s_client` shows the answer; `''` where it is text already. */
  readonly filter: string;
  /** @returns undefined where these bytes are not yet an answer. */
  readonly answer: (bytes: Buffer) => OpeningAnswer | undefined;
}

export interface OpeningAnswer {
  readonly text: string;
  /** It is of the protocol that is spoken here. */
  readonly isRight: boolean;
}

/** The server closes after its answer, which ends an `openssl s_client` as well. */
export function openingFor({ speaks, host, port, path }: TlsTarget, clientId: string): Opening {
  if (speaks === 'mqtt') return { bytes: mqttOpening(clientId), filter: ' | od -An -tx1', answer: connackOf };
  const lines =
    speaks === 'http'
      ? ['GET / HTTP/1.1', 'Connection: close']
      : [
          `GET ${path} HTTP/1.1`,
          'Connection: Upgrade',
          'Upgrade: websocket',
          'Sec-WebSocket-Version: 13',
          'Sec-WebSocket-Key: dmlhZHVjdCBkb2N0b3IgIA==',
          'Sec-WebSocket-Protocol: mqtt',
        ];
  const request = [...lines, `Host: ${formatSocketAddress({ host, port })}`, '', ''].join('\r\n');
  const closeFrame = speaks === 'http' ? [] : [0x88, 0x80, 0, 0, 0, 0]; // masked with zeros (RFC 6455 5.5.1)
  return { bytes: Buffer.from([...Buffer.from(request), ...closeFrame]), filter: '', answer: statusOf(speaks) };
}

/** CONNECT of MQTT 3.1.1 with a clean session and no keep alive, then DISCONNECT. */
function mqttOpening(clientId: string): Buffer {
  const id = Buffer.from(clientId);
  const head = [0x00, 0x04, 0x4d, 0x51, 0x54, 0x54, 0x04, 0x02, 0x00, 0x00, 0x00, id.length];
  return Buffer.from([0x10, head.length + id.length, ...head, ...id, 0xe0, 0x00]);
}

function connackOf(bytes: Buffer): OpeningAnswer | undefined {
  if (bytes.length < 4) return undefined;
  if (bytes[0] !== 0x20) return { text: 'an answer that is not MQTT', isRight: false };
  const code = bytes[3] ?? 0;
  // who may connect is not a matter of TLS
  return { text: code === 0 ? 'CONNACK 0' : `CONNACK ${code}, which refuses this client id or user`, isRight: true };
}

const statusOf =
  (speaks: 'websocket' | 'http') =>
  (bytes: Buffer): OpeningAnswer | undefined => {
    const text = bytes.toString('latin1');
    if (!text.includes('\r\n')) return undefined;
    const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1];
    if (status === undefined) return { text: 'an answer that is not HTTP', isRight: false };
    const isRight = speaks === 'http' || status === '101';
    return { text: isRight ? `HTTP ${status}` : `HTTP ${status} instead of 101`, isRight };
  };

/** Bytes for the `printf` of a shell. */
export const printfText = (bytes: Buffer): string =>
  Array.from(bytes, (byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9 :/._=-]/.test(character) ? character : `\\${byte.toString(8).padStart(3, '0')}`;
  }).join('');
