import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Probe, Probes } from './probe.ts';

/**
 * What hangs on the folder of certificates starts anew as a whole, from its settings as at the start of the program; what they
 * do then is tested there. So it is enough to see what the part was made of that runs now.
 */
const madeOf = (section: 'certificates' | 'enrollment', path: string, value: unknown, is: unknown = value): Probe => {
  const steps = path.split('.');
  return {
    change: { [section]: steps.reduceRight<unknown>((inner, step) => ({ [step]: inner }), value) },
    is,
    see: (world) =>
      steps.reduce<unknown>(
        (inner, step) => (inner === undefined ? undefined : Reflect.get(Object(inner), step)),
        world.madeOf(section),
      ),
  };
};

const rule = { identity: 'installer', commonNames: ['pump-*'], names: ['DNS:*.example.com'] };
const byRule = madeOf('enrollment', 'rules', [rule]);
const minute = 60_000;

/** @param other a folder for certificates that is not there yet, and files */
export const certificateProbes = (other: (name: string) => string): Probes => ({
  'certificates.directory': {
    change: { certificates: { directory: other('certs') } },
    is: true,
    async see(world) {
      const { raw } = (await world.tls('secure')).getPeerCertificate();
      try {
        const pem = readFileSync(join(other('certs'), 'server.pem'), 'utf8').replaceAll('\n', '');
        return pem.includes(raw.toString('base64'));
      } catch {
        return false;
      }
    },
  },
  'certificates.names': madeOf('certificates', 'names', ['broker.example.com']),
  'certificates.passphrase': madeOf('certificates', 'passphrase', { file: other('passphrase') }),
  'certificates.crlUrl': madeOf('certificates', 'crlUrl', 'http://pki.example.com/crl'),
  'certificates.crlLifetime': madeOf('certificates', 'crlLifetime', '1d', 1_440 * minute),
  'certificates.revocation.mode': madeOf('certificates', 'revocation.mode', 'off'),
  'certificates.revocation.closeRevoked': madeOf('certificates', 'revocation.closeRevoked', false),
  'certificates.closeExpired': madeOf('certificates', 'closeExpired', true),
  'certificates.renewal.mode': madeOf('certificates', 'renewal.mode', 'off'),
  'certificates.renewal.overlap': madeOf('certificates', 'renewal.overlap', '1d', 1_440 * minute),
  'certificates.stapling.mode': madeOf('certificates', 'stapling.mode', 'off'),
  'enrollment.enabled': madeOf('enrollment', 'enabled', false),
  'enrollment.mqtt': madeOf('enrollment', 'mqtt', false),
  'enrollment.organization': madeOf('enrollment', 'organization', 'Pumps'),
  'enrollment.lifetime': madeOf('enrollment', 'lifetime', '1d', 1_440 * minute),
  'enrollment.maxLifetime': madeOf('enrollment', 'maxLifetime', '180d', 180 * 1_440 * minute),
  'enrollment.requestsPerSecond': madeOf('enrollment', 'requestsPerSecond', 7),
  'enrollment.rules': byRule,
  'enrollment.rules[].identity': byRule,
  'enrollment.rules[].commonNames': byRule,
  'enrollment.rules[].names': byRule,
});
