/** Why a client may not do something. */
export interface AccessDenial {
  /** A sentence for the log and for MQTT 5 clients. */
  readonly reason: string;
  /** Nobody could say, now: the client may try again, and nothing that it has is taken from it. */
  readonly isTemporary: boolean;
}

/** What somebody outside of the broker says, who may say otherwise soon. */
export interface OutsideVerdict {
  /** Undefined: allowed. */
  readonly denial: AccessDenial | undefined;
  /** False from when it has to be asked for anew. */
  readonly counts: () => boolean;
}

/** Asks somebody outside, or remembers what was said. Never rejects. */
export type OutsideQuestion = () => OutsideVerdict | Promise<OutsideVerdict>;

/** Why not, in a sentence for the log and for MQTT 5 clients; undefined: allowed. Or somebody outside has to be asked. */
export type AccessVerdict = string | undefined | OutsideQuestion;

/** Why not, once that is known: at once, where nobody has to be asked for it. */
export function denialOf(verdict: AccessVerdict): AccessDenial | undefined | Promise<AccessDenial | undefined> {
  if (typeof verdict === 'string') return { reason: verdict, isTemporary: false };
  if (verdict === undefined) return undefined;
  const said = verdict();
  return said instanceof Promise ? said.then(({ denial }) => denial) : said.denial;
}
