import { resolve } from 'node:path';
import type { AuthenticationVerdict, Authenticator, Rejection } from '../../broker/ports.ts';
import type { Clock } from '../../kernel/clock.ts';
import { messageOf } from '../../kernel/errors.ts';
import { fileWatch } from '../../kernel/file-watch.ts';
import type { FolderWatch } from '../../kernel/folder-watch.ts';
import type { Component } from '../../kernel/lifecycle.ts';
import type { Prepared } from '../../kernel/prepared.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import { bannedBy, sentenceOf } from './ban.ts';
import { readBanFile } from './ban-file.ts';
import { type BanIndex, banIndex, type Suspect } from './ban-index.ts';
import { bansNotTaken, bansRead, clientBanned } from './events.ts';
import type { BansOptions } from './schema.ts';

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
  prepare(options: BansOptions): Promise<Prepared>;
}

/** What counts at a time. */
interface Source {
  readonly options: BansOptions;
  readonly index: BanIndex;
  readonly watch: FolderWatch | undefined;
  /** The file has changed before it counted. */
  readonly isStale: () => boolean;
}

export function createBans(first: BansOptions, { events, clock, changed }: BansDeps): Bans {
  let now: Source = { options: first, index: banIndex(first.list), watch: undefined, isStale: () => false };
  let work = Promise.resolve();

  const read = async ({ list, file }: BansOptions): Promise<BanIndex> =>
    banIndex(file === undefined ? list : [...list, ...(await readBanFile(resolve(file)))]);
  const readAgain = async (): Promise<void> => {
    const { options } = now;
    try {
      const index = await read(options);
      if (now.options !== options) return; // others count meanwhile
      now = { ...now, index };
      events.emit(bansRead, { count: index.size });
      await changed();
    } catch (cause) {
      events.emit(bansNotTaken, { problem: messageOf(cause) });
    }
  };
  const readSoon = (): void => void (work = work.then(readAgain));
  const open = async (options: BansOptions): Promise<Source> => {
    const { file } = options;
    let isStale = false;
    const onChange = (): void => {
      if (now.watch === watch) readSoon();
      else isStale = true;
    };
    const watch = file === undefined ? undefined : fileWatch(file, onChange, clock);
    await watch?.start(); // first, so that no change is missed
    try {
      return { options, index: await read(options), watch, isStale: () => isStale };
    } catch (cause) {
      watch?.stop();
      throw cause;
    }
  };
  const take = (next: Source): void => {
    const hadSome = now.index.size > 0;
    now.watch?.stop();
    now = next;
    if (hadSome || next.index.size > 0) events.emit(bansRead, { count: next.index.size });
    if (next.isStale()) readSoon();
  };
  const reasonOf = (suspect: Suspect, listener: string): string | undefined => {
    const { index } = now;
    const ban = index.size === 0 ? undefined : index.find(suspect, clock.now());
    if (ban === undefined) return undefined;
    const reason = sentenceOf(ban);
    events.emit(clientBanned, { listener, by: bannedBy(ban), clientId: suspect.clientId ?? '', reason });
    return reason;
  };

  return {
    name: 'bans',
    async start() {
      take(await open(first));
    },
    async stop() {
      now.watch?.stop();
      await work;
    },
    hasAddress: (address) => now.index.size > 0 && now.index.find({ address }, clock.now()) !== undefined,
    guard: (inner) => ({
      authenticate(request) {
        if (now.index.size === 0) return inner.authenticate(request); // whoever is banned meanwhile hears `whyNot`
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
    async prepare(next) {
      const ready = await open(next);
      return {
        commit() {
          take(ready);
          return Promise.resolve();
        },
        cancel: () => ready.watch?.stop(),
      };
    },
  };
}
