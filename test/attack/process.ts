import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What the system counts for a process. Everything is undefined where the system does not tell. */
export interface ProcessFacts {
  /** Memory of its own, in bytes: without mapped files, whose pages the system takes back when it wants them. */
  readonly ownBytes: number | undefined;
  readonly cpuSeconds: number | undefined;
}

const ticksPerSecond = 100;
/** A heap that grew does not shrink within this. */
const lookEveryMs = 50;

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // no such file on this system, or the process is gone
  }
}

export function processFacts(pid: number): ProcessFacts {
  const own = /^RssAnon:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1];
  // the name in parentheses may hold blanks
  const fields = read(`/proc/${pid}/stat`)
    ?.replace(/^.*\) /s, '')
    .split(' ');
  return {
    ownBytes: own === undefined ? undefined : Number(own) * 1_024,
    cpuSeconds: fields === undefined ? undefined : (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
  };
}

/** Looks at the memory of a process again and again until it is disposed of. */
export function watchMemory(pid: number | undefined): Disposable & { readonly peakBytes: number | undefined } {
  let peakBytes: number | undefined;
  const look = (): void => {
    const bytes = pid === undefined ? undefined : processFacts(pid).ownBytes;
    if (bytes !== undefined) peakBytes = Math.max(peakBytes ?? 0, bytes);
  };
  look();
  const timer = setInterval(look, lookEveryMs);
  return {
    get peakBytes() {
      look();
      return peakBytes;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

/**
 * How long the main thread of a process has been ready to run and had no processor, in milliseconds since its start.
 * What others on this machine take from a broker is no fault of the broker. 0 where the system does not tell.
 */
export const starvedMs = (pid: number): number =>
  Number(read(`/proc/${pid}/schedstat`)?.split(' ')[1] ?? 0) / 1_000_000;

/** The process that listens on a port of this machine, where the system tells. */
export function listeningProcess(port: number): number | undefined {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const lines = `${read('/proc/net/tcp') ?? ''}\n${read('/proc/net/tcp6') ?? ''}`.split('\n');
  const listening = lines
    .map((line) => line.trim().split(/\s+/))
    .find(([, local, , state]) => local?.endsWith(`:${hex}`) === true && state === '0A');
  const inode = listening?.[9];
  if (inode === undefined) return undefined;
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const owner = pids.find((pid) => openFilesOf(pid).includes(`socket:[${inode}]`));
  return owner === undefined ? undefined : Number(owner);
}

function openFilesOf(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((name) => readlinkSync(`/proc/${pid}/fd/${name}`));
  } catch {
    return []; // somebody else's
  }
}
