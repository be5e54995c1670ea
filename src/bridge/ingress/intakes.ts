import type { LinkError } from '../../kernel/errors.ts';
import type { NatsLink, NatsMessage, NatsSubscription } from '../link.ts';

/** A subject that rules take, and their queue group. */
export interface IntakeKey {
  readonly subject: string;
  readonly queue: string | undefined;
}

type Receive = (message: NatsMessage) => void;

interface Intake {
  readonly subscription: NatsSubscription;
  /** Called in the order in which they came. */
  readonly receivers: Set<Receive>;
  /** Rules that want it, those among them that do not receive yet. */
  readonly holders: Holder[];
  forbidden: LinkError | undefined;
}

export interface Holder {
  /** The server does not let us subscribe. */
  onForbidden(error: LinkError): void;
}

/**
 * Subscriptions at NATS that rules share: those of the same subject have one. So a rule may take the place of another
 * between two messages: the subscription stays while its receivers change.
 */
export class Intakes {
  readonly #nats: Pick<NatsLink, 'subscribe'>;
  readonly #intakes = new Map<string, Intake>();

  constructor(nats: Pick<NatsLink, 'subscribe'>) {
    this.#nats = nats;
  }

  /** Subscribes, where nobody has yet. What comes is let go until somebody receives it. */
  hold(key: IntakeKey, holder: Holder): void {
    const intake = this.#intakes.get(nameOf(key));
    if (intake === undefined) this.#open(key, holder);
    else {
      intake.holders.push(holder);
      if (intake.forbidden !== undefined) holder.onForbidden(intake.forbidden);
    }
  }

  /** Unsubscribes where nobody else holds it. */
  release(key: IntakeKey, holder: Holder): void {
    const intake = this.#intakes.get(nameOf(key));
    const at = intake?.holders.indexOf(holder) ?? -1;
    if (intake === undefined || at === -1) return;
    intake.holders.splice(at, 1);
    if (intake.holders.length > 0) return;
    intake.subscription.unsubscribe();
    this.#intakes.delete(nameOf(key));
  }

  receive(key: IntakeKey, receiver: Receive): void {
    this.#intakes.get(nameOf(key))?.receivers.add(receiver);
  }

  ignore(key: IntakeKey, receiver: Receive): void {
    this.#intakes.get(nameOf(key))?.receivers.delete(receiver);
  }

  #open(key: IntakeKey, holder: Holder): void {
    const receivers = new Set<Receive>();
    const holders = [holder];
    const hear = (message: NatsMessage): void => {
      for (const receive of receivers) receive(message);
    };
    const onForbidden = (error: LinkError): void => {
      intake.forbidden = error;
      for (const each of holders) each.onForbidden(error);
    };
    const { subject, queue } = key;
    const subscription = this.#nats.subscribe(subject, hear, { queue, onForbidden });
    const intake: Intake = { subscription, receivers, holders, forbidden: undefined };
    this.#intakes.set(nameOf(key), intake);
  }
}

const nameOf = ({ subject, queue }: IntakeKey): string => `${queue ?? ''} ${subject}`;
