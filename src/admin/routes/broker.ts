import type { BrokerQueries, Parts } from '../../broker/query-port.ts';
import type { Events } from '../../kernel/telemetry-ports.ts';
import { topicFilterProblem } from '../../mqtt/topic.ts';
import { queryRefused } from '../events.ts';
import { type AdminApp, type AdminContext, createApp, sentence } from '../http.ts';
import { isLocal, peerOf } from '../local.ts';
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
export function brokerRoutes({ queries, listen, reads }: BrokerReads, events: Events): AdminApp {
  const app = createApp();
  const list = (name: string, begin: (context: AdminContext) => Reading | string): void => {
    app.get(`/api/v1/${name}`, async (context) => {
      if (!isLocal(context)) {
        events.emit(queryRefused, { peer: peerOf(context) });
        return sentence(context, 403, notLocal);
      }
      const limit = limitOf(context);
      if (limit === undefined) return sentence(context, 400, `limit: use 1 to ${mostItems}`);
      const after = context.req.query('after');
      const reading = after === undefined ? begin(context) : undefined;
      if (typeof reading === 'string') return sentence(context, 400, reading);
      const page = await (reading === undefined ? reads.goOn(after ?? '', limit) : reads.begin(reading, limit));
      if (page === undefined) return sentence(context, 410, gone);
      context.header('Cache-Control', 'no-store');
      return context.json(page);
    });
  };
  list('clients', () => new PartsReading(queries.clients()));
  list('sessions', () => new PartsReading(queries.sessions()));
  list('subscriptions', (context) => ofClient(context, (id) => queries.subscriptions(id)));
  list('queue', (context) => ofClient(context, (id) => queries.queue(id)));
  list('retained', (context) => {
    const filter = context.req.query('filter') ?? '#';
    const problem = topicFilterProblem(filter);
    return problem === undefined ? new PartsReading(queries.retained(filter)) : `filter: ${problem}`;
  });
  list('events', () => eventsReading(listen()));
  return app;
}

const notLocal = 'What the broker has is shown to this machine only. Ask over 127.0.0.1, without a proxy.';
const gone = 'Nothing is read under this name: it was given up, or is read just now. Begin again, without "after".';

function limitOf(context: AdminContext): number | undefined {
  const text = context.req.query('limit') ?? String(usualItems);
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  return limit >= 1 && limit <= mostItems ? limit : undefined;
}

function ofClient(context: AdminContext, read: (clientId: string) => Parts<object>): Reading | string {
  const clientId = context.req.query('client');
  return clientId === undefined ? 'client: give a client id' : new PartsReading(read(clientId));
}
