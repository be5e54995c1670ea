import type { AuthenticationVerdict, Authenticator, Rejection } from '../../broker/ports.ts';
import type { Component } from '../../kernel/lifecycle.ts';
import type { Prepared } from '../../kernel/prepared.ts';
import { bannedBy, banSentence } from './ban.ts';
import type { Suspect } from './ban-index.ts';
import { type BanSourceDeps, createBanSource } from './ban-source.ts';
import { clientBanned } from './events.ts';
import type { BansOptions } from './schema.ts';

/** Who may not connect, as configuration and file say now. */
export interface Bans extends Component {
  /** Asks nobody about a client that is banned, and lets none in that turns out to be. */
  guard(inner: Authenticator): Authenticator;
  /** Asked of a connection that has said nothing yet. */
  hasAddress(address: string): boolean;
  /** @throws ConfigError `config-invalid` where the file is no list of bans */
  prepare(options: BansOptions): Promise<Prepared>;
}

export function createBans(first: BansOptions, deps: BanSourceDeps): Bans {
  const { events, clock } = deps;
  const source = createBanSource(first, deps);

  const reasonOf = (suspect: Suspect, listener: string): string | undefined => {
    const { index } = source;
    const ban = index.size === 0 ? undefined : index.find(suspect, clock.now());
    if (ban === undefined) return undefined;
    const reason = banSentence(ban);
    events.emit(clientBanned, { listener, by: bannedBy(ban), clientId: suspect.clientId ?? '', reason });
    return reason;
  };

  return {
    name: 'bans',
    start: () => source.start(),
    stop: () => source.stop(),
    prepare: (options) => source.prepare(options),
    hasAddress: (address) => source.index.size > 0 && source.index.find({ address }, clock.now()) !== undefined,
    guard: (inner) => ({
      authenticate(request) {
        if (source.index.size === 0) return inner.authenticate(request); // whoever is banned meanwhile hears `whyNot`
        const { peer, clientId, connect } = request;
        const { listener, address, tls } = peer;
        const rejection = (principal?: string): Rejection | undefined => {
          const users = [connect.username, principal];
          const reason = reasonOf({ clientId, users, address, certificate: tls?.certificate }, listener);
          return reason === undefined ? undefined : { kind: 'reject', code: 'banned', reason };
        };
        const banned = rejection();
        if (banned !== undefined) return banned;
        const judge = (verdict: AuthenticationVerdict): AuthenticationVerdict =>
          verdict.kind === 'accept' ? (rejection(verdict.principal) ?? verdict) : verdict;
        const answer = inner.authenticate(request);
        return typeof answer === 'function' ? async (signal) => judge(await answer(signal)) : judge(answer);
      },
      whyNot({ clientId, principal, peer }, username) {
        const { listener = '', address, tls } = peer ?? {};
        return reasonOf({ clientId, users: [principal, username], address, certificate: tls?.certificate }, listener);
      },
    }),
  };
}
