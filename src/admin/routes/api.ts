import type { BrokerInfo } from '../broker-info.ts';
import { consoleFacts } from '../console-facts.ts';
import { type AdminApp, createApp } from '../http.ts';

/** `/api/v1/welcome`: who answers here. */
export function welcomeRoute(info: () => BrokerInfo): AdminApp {
  const app = createApp();
  app.get('/api/v1/welcome', (context) => {
    const { name, version } = info();
    context.header('Cache-Control', 'no-store');
    return context.json({ name, version });
  });
  return app;
}

/** `/api/v1/console`: what the page fills its forms and snippets with. */
export function consoleRoute(info: () => BrokerInfo): AdminApp {
  const app = createApp();
  app.get('/api/v1/console', (context) => {
    context.header('Cache-Control', 'no-store');
    return context.json(consoleFacts(info()));
  });
  return app;
}
