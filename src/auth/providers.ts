import { byCertificate, byListener, byPsk } from './by-connection.ts';
import { byHttp } from './http/by-http.ts';
import { byNats } from './nats/by-nats.ts';
import { byPassword } from './passwords/by-password.ts';
import type { CreateProvider } from './provider.ts';
import type { ProviderName } from './provider-names.ts';
import { byScram } from './scram/by-scram.ts';
import { byToken } from './tokens/by-token.ts';

/** Each is made once, for all listeners that ask it. */
export const providers: Readonly<Record<ProviderName, CreateProvider>> = {
  certificate: byCertificate,
  psk: byPsk,
  jwt: byToken,
  http: byHttp,
  nats: byNats,
  password: byPassword,
  scram: byScram,
  anonymous: byListener,
};
