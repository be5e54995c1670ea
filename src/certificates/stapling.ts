import type { Clock } from '../kernel/clock.ts';
import type { Events } from '../kernel/telemetry-ports.ts';
import type { Staples } from '../transport/tls/stapling-hook.ts';
import { type Staple, type Stapleable, staple } from './staple.ts';

/** The OCSP responses of all certificates that listeners show. */
export interface Stapling {
  readonly staples: Staples;
  /** From now on for these; what is known of those that stay is kept. */
  follow(certificates: readonly Stapleable[]): void;
  stop(): void;
}

export function stapling(deps: { readonly clock: Clock; readonly events: Events }): Stapling {
  let held: readonly Staple[] = [];
  return {
    staples: { find: (certificate) => held.find(({ of }) => of.certificate.raw.equals(certificate))?.current() },
    follow(certificates) {
      const before = held;
      const find = ({ certificate }: Stapleable): Staple | undefined =>
        before.find(({ of }) => of.certificate.fingerprint256 === certificate.fingerprint256);
      held = certificates.map((one) => find(one) ?? staple(one, deps));
      for (const one of before) if (!held.includes(one)) one.stop();
      for (const one of held) if (!before.includes(one)) one.start();
    },
    stop() {
      for (const one of held) one.stop();
      held = [];
    },
  };
}
