import { everyone } from '../../http/router/access.ts';
import { json } from '../../http/router/answer.ts';
import { isFromThisMachine } from '../../http/router/origin-of-request.ts';
import { type Route, route } from '../../http/router/route.ts';
import type { BrokerInfo } from '../broker-info.ts';
import { consoleFacts } from '../console-facts.ts';

/** `/api/v1/welcome`: who answers here. */
export const welcomeRoute = (info: () => BrokerInfo): Route =>
  route('GET', '/api/v1/welcome', {
    access: everyone,
    handle() {
      const { name, version } = info();
      return json({ name, version });
    },
  });

/** `/api/v1/console`: what the page fills its forms and snippets with. People elsewhere are told no files of this machine. */
export const consoleRoute = (info: () => BrokerInfo): Route =>
  route('GET', '/api/v1/console', {
    access: everyone,
    handle(request) {
      const facts = consoleFacts(info());
      return json(isFromThisMachine(request) ? facts : { ...facts, certificates: {} });
    },
  });
