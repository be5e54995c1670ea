import { beyondMachine } from './reach.ts';
import type { Relaxation } from './security-finding.ts';
import { is, isGiven, lastsLongerThan, listHas } from './values.ts';

/** What a listener can do less strictly. */
export const listenerRelaxations: readonly Relaxation[] = [
  {
    path: 'listeners[].tls',
    when: (value, { listener }) => value === 'off' && listener?.proxy === undefined,
    grade: beyondMachine('grave'),
    meaning: 'everybody on the way reads and changes messages, passwords and tokens',
    advice: 'use one-way, or two-way where clients have certificates',
  },
  {
    path: 'listeners[].tls',
    when: (value, { listener }) => value === 'off' && listener?.proxy !== undefined,
    grade: 'note',
    meaning: 'between the proxy and this listener everything is readable, and nobody else may get there',
    advice: 'keep the port behind the proxy, or let the proxy speak TLS to it as well',
  },
  {
    path: 'listeners[].tls',
    when: is('auto'),
    grade: beyondMachine('grave'),
    meaning: 'a client that is set up wrongly sends its messages and its password in plain text, and gets in',
    advice: 'use one-way on this port, and another port for what must be plain',
  },
  {
    path: 'listeners[].policy.preset',
    when: is('compatible'),
    grade: beyondMachine('warning'),
    meaning: 'CBC ciphers are taken, which some implementations got wrong (Lucky 13)',
    advice: 'use intermediate, and compatible only on a port of its own for old devices',
  },
  {
    path: 'listeners[].policy.ciphers',
    when: (value) => Array.isArray(value) && value.some((name) => /^(?!.*GCM).*-SHA\d*$/.test(String(name))),
    grade: beyondMachine('warning'),
    meaning: 'CBC ciphers are taken, which some implementations got wrong (Lucky 13)',
    advice: 'leave the list out, or name ciphers with GCM, CCM or CHACHA20 only',
  },
  {
    path: 'listeners[].keyLog',
    when: isGiven,
    grade: 'grave',
    meaning: 'whoever reads this file decrypts every connection of this listener, recorded ones too',
    advice: 'leave it out, and delete the file',
  },
  {
    path: 'listeners[].tickets.rotate',
    when: lastsLongerThan(7),
    grade: 'warning',
    meaning:
      'who gets the key of the tickets decrypts the resumed TLS 1.2 connections of all this time (RFC 8446 4.6.1 allows 7 days)',
    advice: 'rotate within a day or two',
  },
  {
    path: 'listeners[].origins',
    when: listHas('*'),
    grade: beyondMachine('warning', 'warning'),
    meaning:
      'the scripts of every page in the world may connect with what the browser of a visitor has: its network and its certificate',
    advice: 'name the origins of your pages',
  },
  {
    path: 'listeners[].origins',
    when: listHas('null'),
    grade: 'note',
    meaning: 'files, and frames of any page that hide their origin, may connect as pages do',
    advice: 'serve the page over https and name its origin',
  },
  {
    path: 'listeners[].hosts',
    when: listHas('*'),
    grade: 'warning',
    meaning: 'a page whose name is made to mean this machine (DNS rebinding) may ask and connect as a page of its own',
    advice: 'name the hosts that the proxy passes on',
  },
];
