import type { BrokerQueries, Parts } from '../../broker/query-port.ts';
import { only } from '../../http/router/access.ts';
import { json, sentence } from '../../http/router/answer.ts';
import { isFromThisMachine } from '../../http/router/origin-of-request.ts';
import type { RequestHead } from '../../http/router/request.ts';
import { type Route, route } from '../../http/router/route.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import { topicFilterProblem } from '../../mqtt/topic.ts';
import { queryRefused } from '../events.ts';
import { eventsReading, type HeardEvents, PartsReading, type Reading } from '../reading.ts';
import type { Reads } from '../reads.ts';

/** What the broker has, what happens in it, and who reads that. */
export interface BrokerReads {
  readonly queries: BrokerQueries;
  /** Hears what happens from now on. */
  readonly listen: () => HeardEvents;
  readonly reads: Reads;
}

const usualItems = 100;
const mostItems = 1_000;

/**
 * Lists of what the broker has, and what happens in it, for this machine only. A page has `items` and, where there may be
 * more, `next`, which is given back as `after`. Nothing is copied: a list shows what is there when its page is read.
 */
export function brokerRoutes({ queries, listen, reads }: BrokerReads, events: Events): readonly Route[] {
  const access = only([isFromThisMachine], {
    error: 'What the broker has is shown to this machine only. Ask over 127.0.0.1, without a proxy.',
    onDenied: (peer) => events.emit(queryRefused, { peer }),
  });
  const list = (name: string, begin: (query: URLSearchParams) => Reading | string): Route =>
    route('GET', `/api/v1/${name}`, {
      access,
      async handle(request) {
        const limit = limitOf(request);
        if (limit === undefined) return sentence(request, 400, `limit: use 1 to ${mostItems}`);
        const after = request.query.get('after');
        const reading = after === null ? begin(request.query) : undefined;
        if (typeof reading === 'string') return sentence(request, 400, reading);
        const page = await (reading === undefined ? reads.goOn(after ?? '', limit) : reads.begin(reading, limit));
        return page === undefined ? sentence(request, 410, gone) : json(page);
      },
    });
  return [
    list('clients', () => new PartsReading(queries.clients())),
    list('sessions', () => new PartsReading(queries.sessions())),
    list('subscriptions', (query) => ofClient(query, (id) => queries.subscriptions(id))),
    list('queue', (query) => ofClient(query, (id) => queries.queue(id))),
    list('retained', (query) => {
      const filter = query.get('filter') ?? '#';
      const problem = topicFilterProblem(filter);
      return problem === undefined ? new PartsReading(queries.retained(filter)) : `filter: ${problem}`;
    }),
    list('events', () => eventsReading(listen())),
  ];
}

const gone = 'Nothing is read under this name: it was given up, or is read just now. Begin again, without "after".';

function limitOf({ query }: RequestHead): number | undefined {
  const text = query.get('limit') ?? String(usualItems);
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  return limit >= 1 && limit <= mostItems ? limit : undefined;
}

function ofClient(query: URLSearchParams, read: (clientId: string) => Parts<object>): Reading | string {
  const clientId = query.get('client');
  return clientId === null ? 'client: give a client id' : new PartsReading(read(clientId));
}
