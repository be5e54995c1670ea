import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { SharedGroup } from './shared-group.ts';
import type { Subscriber, Subscription } from './subscription.ts';

const filter = '$share/group/a';
const subscriptions = Array.from({ length: 200 }, (_, number): Subscription => {
  const subscriber: Subscriber = { clientId: `c${number}`, deliver: () => undefined };
  return { filter, subscriber, qos: 1, noLocal: false, retainAsPublished: false, identifier: undefined };
});

/** Members in a list, and whose turn it is. */
class Model {
  members: Subscription[] = [];
  turn = 0;

  leave(one: Subscription): void {
    const at = this.members.indexOf(one);
    this.members.splice(at, at === -1 ? 0 : 1);
    if (at !== -1 && at < this.turn) this.turn -= 1;
  }

  choose(): string | undefined {
    const one = this.members[this.turn % this.members.length];
    this.turn = (this.turn % this.members.length) + 1;
    return one?.subscriber.clientId;
  }
}

const action = fc.oneof(
  fc.record({ join: fc.nat(199), count: fc.nat(100) }),
  fc.record({ leave: fc.nat(199), count: fc.nat(100) }),
  fc.record({ choose: fc.nat(50) }),
);

test('members are chosen in turn, in the order in which they joined, while others come and go [MQTT 5, 4.8.2]', () => {
  fc.assert(
    fc.property(fc.array(action), (actions) => {
      const group = new SharedGroup(filter);
      const model = new Model();
      const wrong: unknown[] = [];
      for (const one of actions)
        if ('join' in one)
          for (const each of subscriptions.slice(one.join, one.join + one.count)) {
            if (group.join(each)) model.members.push(each);
          }
        else if ('leave' in one)
          for (const each of subscriptions.slice(one.leave, one.leave + one.count)) {
            group.leave(each);
            model.leave(each);
          }
        else
          for (let time = 0; time < one.choose && model.members.length > 0; time += 1) {
            const [chosen, expected] = [group.choose('t')?.subscriber.clientId, model.choose()];
            if (chosen !== expected) wrong.push([chosen, expected]);
          }
      expect([wrong, group.size]).toEqual([[], model.members.length]);
    }),
  );
});
