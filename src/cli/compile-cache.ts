import module from 'node:module';
import { userInfo } from 'node:os';
import { join } from 'node:path';

/** Of Node 22.1 and later. */
interface CompileCache {
  readonly enableCompileCache?: (directory: string) => { readonly status: number };
  readonly constants?: { readonly compileCacheStatus: { readonly FAILED: number } };
}

/**
 * Lets Node keep what V8 makes of our files, so that the next start need not compile them: beside the program, where whoever
 * can write there can change the program too; where this user may not, in their home by the list of users, whatever HOME says.
 * Where neither can be, nothing is kept. NODE_DISABLE_COMPILE_CACHE=1 switches it off.
 */
export function keepCompiled(): void {
  const { enableCompileCache, constants }: typeof module & CompileCache = module;
  if (enableCompileCache === undefined) return;
  for (const directory of folders())
    if (enableCompileCache(directory).status !== constants?.compileCacheStatus.FAILED) return;
}

function* folders(): Generator<string> {
  yield join(import.meta.dirname, '..', '..', '.cache', 'compile');
  try {
    yield join(userInfo().homedir, '.cache', 'viaduct');
  } catch {
    // a user that is in no list has no home
  }
}
