import type { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import websocket from 'websocket-stream';

/** A client made by the websocket-stream package: a Duplex that carries the bytes of MQTT. */
export const websocketStream = (url: string, options: Pick<ConnectionOptions, 'ca' | 'cert' | 'key'>): Duplex =>
  // its types know only the options of a server
  (websocket as unknown as (url: string, protocol: string, options: object) => Duplex)(url, 'mqtt', options);
