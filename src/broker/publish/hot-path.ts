import type { PublishHeader } from '../mqtt/publish.ts';
import type { ProtocolVersion } from '../mqtt/version.ts';
import type { Plane } from '../plane/plane.ts';
import type { PlaneOptions } from '../plane/schema.ts';
import { RawPublish } from './raw-publish.ts';
import type { SessionStore } from './session-store.ts';

/** Routes a PUBLISH without the engine where nothing has to be stored and nobody has to be asked. */
export interface HotPath {
  /** @returns false when the engine has to have it, wholly. */
  take(frame: Buffer, header: PublishHeader, version: ProtocolVersion, clientId: string): boolean;
}

export interface HotPathDeps {
  readonly plane: Plane;
  readonly store: SessionStore;
}

const closed: HotPath = { take: () => false };

export function createHotPath({ hotPath }: PlaneOptions): (deps: HotPathDeps) => HotPath {
  if (hotPath === 'off') return () => closed;
  return ({ plane, store }) => ({
    take(frame, header, version, clientId) {
      if (needsEngine(header)) return false;
      if (header.qos === 1 && store.hasSubscribers(header.topic)) return false; // a session may have to keep it
      plane.route(new RawPublish(frame, header, version, { kind: 'client', clientId }));
      return true;
    },
  });
}

/** Retained messages and QoS 2 are stored, aliases are the connection's, and `$` topics are not everybody's. */
const needsEngine = ({ qos, isRetained, topicAlias, topic }: PublishHeader): boolean =>
  qos === 2 || isRetained || topicAlias !== undefined || topic.charCodeAt(0) === 0x24;
