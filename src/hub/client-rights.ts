import { Memo } from '../kernel/memo.ts';
import type { HubGuard, HubRights } from './guard.ts';
import { type Publication, subjectOf } from './parser.ts';
import { decoded, quoted } from './text.ts';

/** Of subjects that were allowed, or may not be received. */
const maxMemoBytes = 65_536;
const dollar = 0x24;

/** What one client may do. What it may is remembered until the rules are others; subjects are latin1. */
export class ClientRights {
  readonly #guard: Pick<HubGuard, 'generation'>;
  readonly #rights: HubRights;
  readonly #published = new Memo<true>(maxMemoBytes, () => 0);
  readonly #received = new Memo<boolean>(maxMemoBytes, () => 0);
  #generation: number;

  constructor(guard: Pick<HubGuard, 'generation'>, rights: HubRights) {
    this.#guard = guard;
    this.#rights = rights;
    this.#generation = guard.generation;
  }

  whyNot(): string | undefined {
    return this.#rights.whyNot();
  }

  /** @returns the text of the -ERR where it may not */
  publishProblem(publication: Publication): string | undefined {
    this.#forgetIfOld();
    const subject = subjectOf(publication);
    if (this.#published.get(subject) === true) return undefined;
    const text = decoded(subject);
    if (text === undefined || !this.#rights.mayPublish(text))
      return `Permissions Violation for Publish to ${quoted(subject)}`;
    this.#published.set(subject, true);
    return undefined;
  }

  maySubscribe(subject: string): boolean {
    const text = decoded(subject);
    return text !== undefined && this.#rights.maySubscribe(text);
  }

  /**
   * What of the messages that a subscription brings is kept from it. In NATS a wildcard in front stands for `$SYS` and the like
   * too, but in a rule it does not. [MQTT-4.7.2-1]
   */
  barOf(subscription: string): ((publication: Publication) => boolean) | undefined {
    if (!this.#rights.isLimited) return undefined;
    const isWild = /^[*>](\.|$)/.test(subscription);
    return (publication) => {
      if (isWild && publication.buffer[publication.subjectStart] === dollar) return true;
      return !this.#mayReceive(publication);
    };
  }

  #mayReceive(publication: Publication): boolean {
    const { mayReceive } = this.#rights;
    if (mayReceive === undefined) return true;
    this.#forgetIfOld();
    const subject = subjectOf(publication);
    const known = this.#received.get(subject);
    if (known !== undefined) return known;
    const text = decoded(subject);
    const isAllowed = text !== undefined && mayReceive(text);
    this.#received.set(subject, isAllowed);
    return isAllowed;
  }

  #forgetIfOld(): void {
    const { generation } = this.#guard;
    if (generation === this.#generation) return;
    this.#generation = generation;
    this.#published.clear();
    this.#received.clear();
  }
}
