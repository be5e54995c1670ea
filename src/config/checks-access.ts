import { rulesTaking } from '../bridge/mapping/rules-taking.ts';
import { isLoopback } from '../kernel/address.ts';
import type { Finding } from './messages.ts';
import type { Config } from './schema.ts';

/** Rules of the bridge that would bring the questions about clients, passwords and all, to MQTT clients. */
export function checkQuestionSubject({ access, bridge }: Partial<Config>): Finding[] {
  const subject = access?.nats.authenticate?.subject;
  if (subject === undefined || bridge === undefined) return [];
  return rulesTaking(subject, bridge.rules).map((index) => ({
    path: ['bridge', 'rules', index, 'subject'],
    message: `takes "${subject}" (access.nats.authenticate.subject), so MQTT clients would read the passwords of others; let the rule take less, or choose another subject`,
  }));
}

/** Passwords of clients that others can read on their way to who is asked about them. */
export function readablePasswords({ access, nats }: Config): Finding[] {
  const findings: Finding[] = [];
  const add = (path: Finding['path'], url: string, advice: string): void => {
    const { hostname, origin } = new URL(url);
    if (isThisMachine(hostname)) return;
    findings.push({ path, message: `passwords of clients go to ${origin} in the clear; ${advice}` });
  };
  const http = access.http.authenticate?.url;
  if (http?.startsWith('http:') === true) add(['access', 'http', 'authenticate', 'url'], http, 'use https');
  const keySet = access.jwt?.keySet?.url;
  if (keySet?.startsWith('http:') === true && !isThisMachine(new URL(keySet).hostname))
    findings.push({
      path: ['access', 'jwt', 'keySet', 'url'],
      message: 'the keys that tokens are checked with come in the clear, so others can put theirs in; use https',
    });
  if (access.nats.authenticate !== undefined && nats.tls === undefined)
    for (const [index, server] of nats.servers.entries())
      if (server.startsWith('nats:'))
        add(['nats', 'servers', index], server, 'write tls://, or set nats.tls (access.nats.authenticate asks there)');
  return findings;
}

const isThisMachine = (hostname: string): boolean =>
  hostname === 'localhost' || isLoopback(hostname.replace(/^\[(.*)\]$/, '$1'));
