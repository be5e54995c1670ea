import { anyBeyondMachine, seesCertificates } from './reach.ts';
import type { Relaxation } from './security-finding.ts';
import { is, lastsLongerThan } from './values.ts';

const tenMinutes = 10 / (24 * 60);

/** What access can do less strictly. */
export const accessRelaxations: readonly Relaxation[] = [
  {
    path: 'access.uncheckedPasswords',
    when: is('ignore'),
    grade: 'note',
    meaning:
      'where nobody checks passwords, a client with any password gets in as it would without one, and looks as if it had been checked',
    advice: 'write refuse',
  },
  {
    path: 'access.certificate.bind',
    when: (value, { config }) => value === 'any' && config.listeners.some(seesCertificates),
    grade: 'note',
    meaning: 'a device may use any client id that is free, also that by which others know another device',
    advice: 'write equal or prefix, where client ids are the names in the certificates',
  },
  {
    path: 'access.passwords.rehash',
    when: is(false),
    grade: 'note',
    meaning: 'passwords that were brought along keep their old, cheaper hashes',
    advice: 'write true once no other program reads the file',
  },
  {
    path: 'access.jwt.issuer',
    when: is(undefined),
    grade: 'note',
    meaning: 'a token counts whoever issued it with one of the keys',
    advice: 'name the issuer (iss)',
  },
  {
    path: 'access.jwt.audience',
    when: is(undefined),
    grade: 'note',
    meaning: 'a token that does not say whom it is for lets in, and may have been made for another service',
    advice: 'name the audience (aud), and let tokens carry it',
  },
  {
    path: 'access.jwt.from',
    when: is('username'),
    grade: 'note',
    meaning: 'a token stands where programs expect a user name, which they show and log',
    advice: 'send it as the password',
  },
  {
    path: 'access.jwt.lasting',
    when: is('accept'),
    grade: 'warning',
    meaning: 'a token without an end lets in for ever whoever gets hold of it',
    advice: 'write refuse, and issue tokens with an end (exp)',
  },
  {
    path: 'access.http.authenticate.method',
    when: is('get'),
    grade: 'warning',
    meaning: 'passwords stand in URLs, and so in the logs of every server and proxy on the way',
    advice: 'write post',
  },
  {
    path: 'access.http.authenticate.remember',
    when: lastsLongerThan(tenMinutes),
    grade: 'note',
    meaning:
      'who was let in once gets in for so long without being asked about, also after the server changed its mind',
    advice: 'use a minute or less',
  },
  {
    path: 'access.nats.authenticate.remember',
    when: lastsLongerThan(tenMinutes),
    grade: 'note',
    meaning:
      'who was let in once gets in for so long without being asked about, also after the service changed its mind',
    advice: 'use a minute or less',
  },
  {
    path: 'access.http.authorize.remember',
    when: lastsLongerThan(tenMinutes),
    grade: 'note',
    meaning: 'what was allowed once is allowed for so long without a question, also after the server changed its mind',
    advice: 'use a minute or less',
  },
  {
    path: 'access.nats.authorize.remember',
    when: lastsLongerThan(tenMinutes),
    grade: 'note',
    meaning: 'what was allowed once is allowed for so long without a question, also after the service changed its mind',
    advice: 'use a minute or less',
  },
  {
    path: 'limits.connections.beyond',
    when: is('replace'),
    grade: 'note',
    meaning: 'whoever has the password of a user can put the devices of that user out',
    advice: 'write refuse, where devices matter more than those who come last',
  },
  {
    path: 'certificates.revocation.mode',
    when: (value, { config }) => value === 'off' && config.listeners.some(seesCertificates),
    grade: anyBeyondMachine('grave', 'warning'),
    meaning: 'a certificate that was revoked, such as that of a stolen device, lets in as before',
    advice: 'write fail-open or fail-closed',
  },
  {
    path: 'certificates.revocation.mode',
    when: (value, { config }) => value === 'fail-open' && config.listeners.some(seesCertificates),
    grade: 'note',
    meaning: 'while the revocation list of a CA is missing or out of date, its revoked certificates let in',
    advice: 'write fail-closed, where lists are renewed reliably',
  },
  {
    path: 'certificates.revocation.closeRevoked',
    when: (value, { config }) => value === false && config.listeners.some(seesCertificates),
    grade: 'warning',
    meaning: 'a device that was revoked stays connected for as long as it likes',
    advice: 'write true',
  },
  {
    path: 'certificates.closeExpired',
    when: (value, { config }) => value === false && config.listeners.some(seesCertificates),
    grade: 'note',
    meaning: 'a device whose certificate has ended stays connected for as long as it likes',
    advice: 'write true, where devices renew in time',
  },
];
