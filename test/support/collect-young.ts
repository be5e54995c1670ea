import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options: { readonly type: 'minor' }) => void;

/** Empties the young generation, as V8 does by itself whenever it is full: what is measured from here pays for its own garbage. */
export const collectYoung = (): void => collect({ type: 'minor' });
