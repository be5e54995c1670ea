/** What a subscription takes beside its filter: in the plane, in the store and here. */
const subscriptionBytes = 200;
/** What a level of its filter takes, in the indexes of the plane and of the store. */
const levelBytes = 100;

/** What the subscription takes in memory, as `limits.subscriptions.bytes` counts it. */
export function memoryOf(filter: string): number {
  let levels = 1;
  for (let at = filter.indexOf('/'); at !== -1; at = filter.indexOf('/', at + 1)) levels += 1;
  return subscriptionBytes + Buffer.byteLength(filter) + levelBytes * levels;
}
