import { rulesTaking } from '../bridge/mapping/rules-taking.ts';
import { isLoopback } from '../kernel/address.ts';
import type { Finding } from './messages.ts';
import type { Config } from './schema.ts';

const questions = [
  ['authenticate', 'would read the passwords of others, and could answer for the service'],
  ['authorize', 'would read what others do, and could answer for the service, so that they may do everything'],
] as const;

/** Rules of the bridge that would bring the questions about clients, passwords and all, to MQTT clients. */
export function checkQuestionSubject({ access, bridge }: Partial<Config>): Finding[] {
  return questions.flatMap(([question, harm]) => {
    const subject = access?.nats[question]?.subject;
    if (subject === undefined || bridge === undefined) return [];
    return rulesTaking(subject, bridge.rules).map((index) => ({
      path: ['bridge', 'rules', index, 'subject'],
      message: `takes "${subject}" (access.nats.${question}.subject), so MQTT clients ${harm}; let the rule take less, or choose another subject`,
    }));
  });
}

/** Passwords of clients, and answers about them, that others can read or change on their way. */
export function readablePasswords({ access, nats }: Config): Finding[] {
  const findings: Finding[] = [];
  const add = (path: Finding['path'], url: string, what: string, advice: string): void => {
    const { hostname, origin } = new URL(url);
    if (!isThisMachine(hostname)) findings.push({ path, message: `${what.replace('%', origin)}; ${advice}` });
  };
  const passwords = 'passwords of clients go to % in the clear';
  const verdicts = 'what clients may do is asked at % in the clear, so others can answer';
  for (const [question, what] of [
    ['authenticate', passwords],
    ['authorize', verdicts],
  ] as const) {
    const url = access.http[question]?.url;
    if (url?.startsWith('http:') === true) add(['access', 'http', question, 'url'], url, what, 'use https');
  }
  const keySet = access.jwt?.keySet?.url;
  if (keySet?.startsWith('http:') === true && !isThisMachine(new URL(keySet).hostname))
    findings.push({
      path: ['access', 'jwt', 'keySet', 'url'],
      message: 'the keys that tokens are checked with come in the clear, so others can put theirs in; use https',
    });
  const asked = questions.map(([question]) => question).filter((question) => access.nats[question] !== undefined);
  if (asked[0] === undefined || nats.tls !== undefined) return findings;
  const what = asked[0] === 'authenticate' ? passwords : verdicts;
  for (const [index, server] of nats.servers.entries())
    if (server.startsWith('nats:'))
      add(
        ['nats', 'servers', index],
        server,
        what,
        `write tls://, or set nats.tls (access.nats.${asked[0]} asks there)`,
      );
  return findings;
}

const isThisMachine = (hostname: string): boolean =>
  hostname === 'localhost' || isLoopback(hostname.replace(/^\[(.*)\]$/, '$1'));
