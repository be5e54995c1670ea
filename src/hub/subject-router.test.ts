import { expect, test } from 'vitest';
import { Parser } from './parser.ts';
import { newSubjectMemo, SubjectRouter } from './subject-router.ts';
import { createSubscription, type HubSubscriber, type HubSubscription } from './subscription.ts';

interface TestClient extends HubSubscriber {
  readonly got: string[];
  readonly memo: ReturnType<typeof newSubjectMemo>;
}

function setup(random: () => number = () => 0) {
  const asked: string[] = [];
  const router = new SubjectRouter({ random, onJetStream: (_from, subject) => asked.push(subject) });
  const client = (traits: { hasEcho?: boolean; wantsNoResponders?: boolean } = {}): TestClient => {
    const got: string[] = [];
    return {
      hasEcho: true,
      wantsNoResponders: false,
      ...traits,
      got,
      memo: newSubjectMemo(),
      deliver: ({ buffer, subjectStart, subjectEnd }, { sid }) =>
        got.push(`${sid}:${buffer.toString('latin1', subjectStart, subjectEnd)}`),
      deliverNoResponders: (reply, sid) => got.push(`${sid}:503:${reply}`),
      finished: (subscription) => {
        subscription.isClosed = true;
        router.sublist.remove(subscription);
      },
    };
  };
  const subscribe = (owner: HubSubscriber, subject: string, sid: string, queue?: string): HubSubscription => {
    const subscription = createSubscription(owner, subject, queue, sid);
    router.sublist.insert(subscription);
    return subscription;
  };
  const publish = (from: TestClient, subject: string, reply = ''): void => {
    const ignore = () => undefined;
    const parser = new Parser(
      {
        connect: ignore,
        ping: ignore,
        pong: ignore,
        error: ignore,
        subscribe: ignore,
        unsubscribe: ignore,
        publish: (publication) => router.route(publication, from, from.memo),
      },
      { maxPayload: 100 },
    );
    parser.feed(Buffer.from(`PUB ${subject} ${reply} 1\r\nx\r\n`, 'latin1'));
  };
  return { router, client, subscribe, publish, asked };
}

test('each subscription gets the message, its own as well', () => {
  const { client, subscribe, publish } = setup();
  const [a, b] = [client(), client()];
  subscribe(a, 'x.*', '1');
  subscribe(a, 'x.y', '2');
  subscribe(b, '>', '3');
  publish(a, 'x.y');
  expect([a.got.sort(), b.got]).toEqual([['1:x.y', '2:x.y'], ['3:x.y']]);
});

test('a client without echo does not get what it published', () => {
  const { client, subscribe, publish } = setup();
  const [a, b] = [client({ hasEcho: false }), client()];
  subscribe(a, 'x', '1');
  publish(a, 'x');
  publish(b, 'x');
  expect(a.got).toEqual(['1:x']);
});

test('one member of a queue gets it, and the next where that one cannot', () => {
  const rolls = [0, 0.99, 0];
  const { client, subscribe, publish } = setup(() => rolls.shift() ?? 0);
  const [a, b] = [client({ hasEcho: false }), client()];
  subscribe(a, 'x', '1', 'q');
  subscribe(b, 'x', '2', 'q');
  publish(b, 'x');
  publish(b, 'x');
  publish(a, 'x');
  expect([a.got, b.got]).toEqual([['1:x'], ['2:x', '2:x']]);
});

test('a subscription ends with its last message', () => {
  const { router, client, subscribe, publish } = setup();
  const a = client();
  subscribe(a, 'x', '1').max = 2;
  for (let count = 0; count < 4; count++) publish(a, 'x');
  expect(a.got).toHaveLength(2);
  expect(router.sublist.size).toBe(0);
});

test('a new subscription is seen by a publisher that stays with its subject', () => {
  const { client, subscribe, publish } = setup();
  const [a, b] = [client(), client()];
  publish(a, 'x');
  subscribe(b, 'x', '1');
  publish(a, 'x');
  publish(a, 'y');
  publish(a, 'x');
  expect(b.got).toEqual(['1:x', '1:x']);
});

test('a requester that asked for it is told that nobody listens, once', () => {
  const { client, subscribe, publish } = setup();
  const [a, b] = [client({ wantsNoResponders: true }), client()];
  subscribe(a, 'r.*', '1');
  subscribe(a, 'r.>', '2');
  subscribe(b, 'r.*', '3');
  publish(a, 'nobody', 'r.1');
  publish(b, 'nobody', 'r.1');
  publish(a, 'nobody');
  expect(a.got).toHaveLength(1);
  expect(a.got[0]).toMatch(/^[12]:503:r\.1$/);
  expect(b.got).toEqual([]);
});

test('JetStream is refused where nobody answers for it, without echo too', () => {
  const { client, subscribe, publish, asked } = setup();
  const a = client({ hasEcho: false, wantsNoResponders: true });
  const b = client();
  subscribe(a, 'r', '1');
  publish(a, '$JS.API.INFO', 'r');
  publish(a, '$JS.API.INFO', '$JS.API.INFO');
  subscribe(b, '$JS.API.>', '2');
  publish(a, '$JS.API.INFO', 'r');
  expect([a.got, b.got]).toEqual([['1:r'], ['2:$JS.API.INFO']]);
  expect(asked).toEqual(['$JS.API.INFO', '$JS.API.INFO']);
});
