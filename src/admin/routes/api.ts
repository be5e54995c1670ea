import { everyone } from '../../http/router/access.ts';
import { json } from '../../http/router/answer.ts';
import { isFromThisMachine } from '../../http/router/origin-of-request.ts';
import { type Route, route } from '../../http/router/route.ts';
import type { BrokerInfo } from '../broker-info.ts';
import { consoleFacts, strangerFacts } from '../console-facts.ts';

/** `/api/v1/welcome`: who answers here; people elsewhere are not told its version, which says what holes it may have. */
export const welcomeRoute = (info: () => BrokerInfo): Route =>
  route('GET', '/api/v1/welcome', {
    access: everyone,
    handle(request) {
      const { name, version } = info();
      return json(isFromThisMachine(request) ? { name, version } : { name });
    },
  });

/** `/api/v1/console`: what the page fills its forms and snippets with. People elsewhere are told how a browser gets in, and no more. */
export const consoleRoute = (info: () => BrokerInfo): Route =>
  route('GET', '/api/v1/console', {
    access: everyone,
    handle(request) {
      const current = info();
      return json(isFromThisMachine(request) ? consoleFacts(current) : strangerFacts(current, request.peer.listener));
    },
  });
