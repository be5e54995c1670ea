import { byCertificate, byListener, byPsk } from './by-connection.ts';
import { byPassword } from './passwords/by-password.ts';
import type { CreateProvider } from './provider.ts';
import type { ProviderName } from './provider-names.ts';

/** Each is made once, for all listeners that ask it. */
export const providers: Readonly<Record<ProviderName, CreateProvider>> = {
  certificate: byCertificate,
  psk: byPsk,
  password: byPassword,
  anonymous: byListener,
};
