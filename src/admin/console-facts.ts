import type { BrokerInfo, CertificateFiles, ListenerInfo, RuleInfo } from './broker-info.ts';

/** What the page needs to fill its forms and snippets; the answer of `/api/v1/console`. Holds no secrets. */
export interface ConsoleFacts {
  readonly name: string;
  readonly version: string;
  readonly nodeId: string;
  readonly listeners: readonly ListenerInfo[];
  readonly certificates: CertificateFiles;
  readonly nats: { readonly url: string; readonly embedded: boolean };
  readonly rules: readonly RuleInfo[];
}

export const consoleFacts = (info: BrokerInfo): ConsoleFacts => ({
  name: info.name,
  version: info.version,
  nodeId: info.nodeId,
  listeners: info.listeners,
  certificates: info.certificates,
  nats: { url: withoutUserInfo(info.nats.url), embedded: info.nats.embedded },
  rules: info.rules,
});

/** `nats://user:secret@host:4222` without what stands before the `@`. */
export function withoutUserInfo(url: string): string {
  const match = /^([a-z][a-z0-9+.-]*:\/\/)(?:[^/?#]*@)?(.*)$/i.exec(url);
  return match === null ? url : `${match[1]}${match[2]}`;
}
