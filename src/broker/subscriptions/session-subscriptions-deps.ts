import type { Slices } from '../../kernel/slices.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import type { Plane } from '../../plane/plane.ts';
import type { Denials } from '../denials.ts';
import type { EdgePort } from '../engine-port.ts';
import type { AuthorizedClient, Authorizer } from '../ports.ts';
import type { Store } from '../store-port.ts';
import type { RetainedDeliveryDeps } from './retained-delivery.ts';

export interface SessionSubscriptionsDeps extends RetainedDeliveryDeps {
  readonly edge: Pick<
    EdgePort,
    'connect' | 'peer' | 'limits' | 'subscriber' | 'whenRoom' | 'send' | 'handled' | 'notice'
  >;
  /** Of the client that was accepted. */
  readonly session: {
    readonly id: string;
    readonly isPersistent: boolean;
    /** Undefined before it was admitted. */
    readonly authorized: AuthorizedClient | undefined;
  };
  readonly authorizer: Pick<Authorizer, 'subscribe' | 'generation' | 'denialCode'>;
  readonly denials: Denials;
  readonly plane: Pick<Plane, 'subscribe' | 'unsubscribe'>;
  readonly store: RetainedDeliveryDeps['store'] & Pick<Store, 'subscribe' | 'unsubscribe' | 'subscriptionsOf'>;
  readonly slices: Slices;
  readonly events: Events;
}
