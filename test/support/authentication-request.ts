import type { AuthenticationRequest, Peer } from '../../src/broker/ports.ts';
import { type ConnectPacket, parseConnect } from '../../src/mqtt/connect.ts';
import { isRefusal } from '../../src/mqtt/refusal.ts';
import { hex } from './packet-bytes.ts';
import { connectA } from './raw-client.ts';

export interface AskedFor {
  readonly peer?: Peer;
  readonly clientId?: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

const local: Peer = { listener: 'local', protocol: 'mqtt', address: '127.0.0.1', port: 1, tls: undefined };

/** What an authenticator is asked about a client that connects with little more than its id. */
export function authenticationRequest({
  peer = local,
  clientId = 'a',
  username,
  password,
}: AskedFor = {}): AuthenticationRequest {
  const plain = parseConnect(hex(connectA));
  if (isRefusal(plain)) throw new Error(plain.message);
  const connect: ConnectPacket = { ...plain, clientId, username, passwordBytes: password?.length };
  return { peer, clientId, connect, password: password === undefined ? undefined : Buffer.from(password) };
}
