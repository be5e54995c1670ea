import { type InterestWatcher, Plane, type Subscriber, type Subscription } from '../../src/plane/plane.ts';
import { message } from '../support/plane-clients.ts';
import type { GrowthCase } from './growth.ts';

/** How often what costs little is done. */
const often = 2_000;

const group = '$share/group/jobs';

export interface PlaneWorld {
  readonly plane: Plane;
  readonly size: number;
  /** Has as many subscriptions. */
  readonly rich: Subscriber;
  readonly members: readonly Subscription[];
}

type PlaneCase = GrowthCase<PlaneWorld> & { readonly method: keyof Plane };

const subscriber = (clientId: string): Subscriber => ({ clientId, deliver: () => undefined });
const subscription = (filter: string, to: Subscriber): Subscription => ({
  filter,
  subscriber: to,
  qos: 1,
  noLocal: false,
  retainAsPublished: false,
  identifier: undefined,
});

/** As many subscribers, each with a filter of its own, all with one in common, and all members of one group. */
export function planeWorld(size: number): PlaneWorld {
  const plane = new Plane();
  const rich = subscriber('rich');
  const members: Subscription[] = [];
  for (let number = 0; number < size; number += 1) {
    const one = subscriber(`c${number}`);
    const member = subscription(group, one);
    members.push(member);
    for (const each of [subscription(`own/${number}`, one), subscription('news', one), member]) plane.subscribe(each);
    plane.subscribe(subscription(`rich/${number}/+`, rich));
  }
  return { plane, size, rich, members };
}

const deaf: InterestWatcher = { appeared: () => undefined, disappeared: () => undefined };

const repeat = (work: (number: number) => void): void => {
  for (let number = 0; number < often; number += 1) work(number);
};

const comeAndGo = (plane: Plane, one: Subscription): void => {
  plane.subscribe(one);
  plane.unsubscribe(one);
};

/** What the methods of the Plane cost. */
export const planeCosts: readonly PlaneCase[] = [
  {
    method: 'subscriptions',
    work: '',
    n: 'subscriptions',
    cost: 'O(1)',
    run: ({ plane }) => repeat(() => plane.subscriptions),
  },
  {
    method: 'routeBytes',
    work: '',
    n: 'topics that are remembered',
    cost: 'O(1)',
    run: ({ plane }) => repeat(() => plane.routeBytes),
  },
  ...(['subscribe', 'unsubscribe'] as const).flatMap((method): PlaneCase[] => [
    {
      method,
      work: 'one filter, with and without wildcards',
      n: 'subscriptions of the subscriber, and of all',
      cost: 'O(1)',
      run: ({ plane, rich }) =>
        repeat((number) => comeAndGo(plane, subscription(`new/${number}/${number % 2 === 0 ? '+' : 'x'}`, rich))),
    },
    {
      method,
      work: 'a filter that all subscribe to',
      n: 'subscribers of the filter',
      cost: 'O(1)',
      run: ({ plane, rich }) => repeat(() => comeAndGo(plane, subscription('news', rich))),
    },
    {
      method,
      work: 'one member of a shared group',
      n: 'members of the group',
      cost: 'O(1)',
      run: ({ plane, members, size }) =>
        repeat((number) => {
          const member = members[(number * 7) % size]!;
          plane.unsubscribe(member);
          plane.subscribe(member);
        }),
    },
  ]),
  {
    method: 'route',
    work: 'a topic of one subscriber',
    n: 'subscriptions of all',
    cost: 'O(1)',
    run: ({ plane, size }) => repeat((number) => plane.route(message({ topic: `own/${number % size}` }))),
  },
  {
    method: 'route',
    work: 'a topic that nobody has published to before',
    n: 'subscriptions of all',
    cost: 'O(1)',
    run({ plane, rich }) {
      const other = subscription('+/x/new', rich);
      repeat((number) => {
        if (number % 100 === 0) comeAndGo(plane, other); // what was remembered is forgotten
        plane.route(message({ topic: `rich/${number % 100}/new` }));
      });
    },
  },
  {
    method: 'route',
    work: 'the subscribers that get the message',
    n: 'subscribers',
    cost: 'O(n)',
    run: ({ plane }) => {
      for (let number = 0; number < 20; number += 1) plane.route(message({ topic: 'news' }));
    },
  },
  {
    method: 'watch',
    work: 'a filter that one client has',
    n: 'subscriptions of all',
    cost: 'O(1)',
    run: ({ plane }) => repeat((number) => plane.watch(`own/${number % 10}`, deaf)()),
  },
  {
    method: 'choose',
    work: 'one member of a shared group',
    n: 'members of the group',
    cost: 'O(1)',
    run: ({ plane }) => repeat(() => plane.choose('jobs')),
  },
  {
    method: 'reroute',
    work: 'to another member',
    n: 'members of the group',
    cost: 'O(1)',
    run: ({ plane, members }) =>
      repeat((number) => plane.reroute(message({ topic: 'jobs' }), group, members[number % 10]!.subscriber)),
  },
  {
    method: 'reconsider',
    work: 'a topic that is looked up again',
    n: 'subscriptions of all',
    cost: 'O(1)',
    run: ({ plane, size }) =>
      repeat((number) => {
        if (number % 100 === 0) plane.reconsider();
        plane.route(message({ topic: `own/${number % size}` }));
      }),
  },
  {
    method: 'handOn',
    work: 'to a member that is ready',
    n: 'members of the group',
    cost: 'O(1)',
    run: ({ plane }) => repeat(() => plane.handOn(message({ topic: 'jobs' }), group)),
  },
];
