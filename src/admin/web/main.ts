import type { ConsoleFacts, StrangerFacts } from '../console-facts.ts';
import { byId } from './dom.ts';
import { bindConnectForm, bindPublishForm, bindSubscribeForm, showState } from './forms.ts';
import { createLog } from './log-view.ts';
import { createSession } from './session.ts';
import { snippetGroups } from './snippets/groups.ts';
import { strangerTargets, targetsOf } from './snippets/targets.ts';
import { showSnippets } from './snippets-view.ts';
import { watchHealth } from './status.ts';

const log = createLog();
const session = createSession({ log, load: () => import('./mqtt-connection.ts'), onState: showState });
byId('uri', HTMLInputElement).value = pageUri('/mqtt');
bindConnectForm(session);
bindSubscribeForm(session);
bindPublishForm(session);
showState('idle');
byId('ip-warning', HTMLElement).hidden = !/^[\d.]+$|^\[/.test(location.hostname);
watchHealth();
void askFacts();

async function askFacts(): Promise<void> {
  try {
    const response = await fetch('/api/v1/console');
    const facts: ConsoleFacts | StrangerFacts = await response.json();
    showFacts(facts);
  } catch (error) {
    log.say('ERROR', `This page could not ask the broker for its addresses: ${String(error)}`);
  }
}

/** The broker that served this page. */
function pageUri(path: string): string {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${path}`;
}

/** Fills a field that nobody has typed into. */
function suggest(id: string, value: string): void {
  const field = byId(id, HTMLInputElement);
  if (field.value === field.defaultValue) field.value = value;
}

function showFacts(facts: ConsoleFacts | StrangerFacts): void {
  const isHere = 'listeners' in facts;
  const targets = isHere ? targetsOf(facts, location.hostname) : strangerTargets(facts, location);
  const uri = byId('uri', HTMLInputElement);
  if (uri.value === pageUri('/mqtt')) uri.value = isHere ? ownUri(facts) : (targets.webSocket?.uri ?? uri.value);
  suggest('filter', targets.example.filter);
  suggest('topic', targets.example.topic);
  byId('version-text', HTMLElement).textContent = isHere ? `${facts.version} · node ${facts.nodeId}` : '';
  for (const element of document.querySelectorAll('[data-file="root-ca"]')) element.textContent = targets.files.rootCa;
  byId('client-p12', HTMLElement).textContent = targets.files.clientPkcs12;
  showSnippets(snippetGroups(targets));
  document.documentElement.dataset['facts'] = 'shown';
}

/** MQTT where this page came from, on the path of that listener. */
function ownUri({ listeners }: ConsoleFacts): string {
  const here = listeners.filter(({ accept }) => accept.includes('websocket'));
  const port = Number(location.port || (location.protocol === 'https:' ? 443 : 80));
  return pageUri((here.find((listener) => listener.port === port) ?? here[0])?.path ?? '/mqtt');
}
