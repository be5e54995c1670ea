import type { AuthenticationVerdict, Authenticator, Rejection } from '../../broker/ports.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Component } from '../../kernel/lifecycle.ts';
import { Live, type Prepared } from '../../kernel/prepared.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import { bannedBy, banSentence } from './ban.ts';
import type { Suspect } from './ban-index.ts';
import { type BanSource, createBanSource } from './ban-source.ts';
import { bansRead, clientBanned } from './events.ts';
import type { Ban, BansOptions } from './schema.ts';

export interface BansDeps {
  readonly events: Events;
  readonly clock: Clock;
  /** The file names others now: who is connected is to be looked at again. */
  readonly changed: () => Promise<void>;
}

/** Who may not connect, as configuration and file say now. */
export interface Bans extends Component {
  /** Asks nobody about a client that is banned, and lets none in that turns out to be. */
  guard(inner: Authenticator): Authenticator;
  /** Asked of a connection that has said nothing yet. */
  hasAddress(address: string): boolean;
  /** @throws ConfigError `config-invalid` where the file is no list of bans */
  prepare(options: BansOptions, signal: AbortSignal): Promise<Prepared>;
}

export function createBans(first: BansOptions, { events, clock, changed }: BansDeps): Bans {
  const told = (): void => events.emit(bansRead, { count: source.current.index.size });
  const sourceOf = (options: BansOptions): BanSource => {
    const made = createBanSource(options, {
      events,
      clock,
      async changed() {
        if (made !== source.current) return;
        told();
        await changed();
      },
    });
    return made;
  };
  const source = new Live(sourceOf(first));

  const findNow = (suspect: Suspect): Ban | undefined => {
    const { index } = source.current;
    return index.size === 0 ? undefined : index.find(suspect, clock.now());
  };
  const reasonOf = (suspect: Suspect, listener: string): string | undefined => {
    const ban = findNow(suspect);
    if (ban === undefined) return undefined;
    const reason = banSentence(ban);
    events.emit(clientBanned, { listener, by: bannedBy(ban), clientId: suspect.clientId ?? '', reason });
    return reason;
  };

  return {
    name: 'bans',
    async start(signal) {
      await source.current.start(signal);
      if (source.current.index.size > 0) told();
    },
    stop: (deadline) => source.current.stop(deadline),
    async prepare(options, signal) {
      const next = sourceOf(options);
      await next.start(signal);
      return {
        async commit(deadline) {
          const before = source.current;
          await source.prepare(next).commit(deadline);
          if (before.index.size > 0 || next.index.size > 0) told();
          await before.stop(deadline);
        },
        cancel: () => next.stop(AbortSignal.abort()),
      };
    },
    hasAddress: (address) => findNow({ address }) !== undefined,
    guard: (inner) => ({
      serves: (peer, method) => inner.serves?.(peer, method) === true,
      authenticate(request) {
        if (source.current.index.size === 0) return inner.authenticate(request); // whoever is banned meanwhile hears `whyNot`
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
