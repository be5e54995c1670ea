import { byId, create } from './dom.ts';
import { LineBuffer } from './line-buffer.ts';
import { type LineWord, type LogLine, timeOfDay } from './log-line.ts';

/** Lines the log shows; older ones are dropped. */
const maxLines = 500;
/** The log follows new lines while it is scrolled to within this many pixels of its end. */
const followPx = 24;

export interface Log {
  add(line: LogLine): void;
  say(word: LineWord, text: string): void;
}

/** Draws at most once a frame, so that a flood of messages does not freeze the page. */
export function createLog(): Log {
  const list = byId('log', HTMLOListElement);
  const region = byId('log-region', HTMLElement);
  const count = byId('log-count', HTMLElement);
  const empty = byId('log-empty', HTMLElement);
  const buffer = new LineBuffer(maxLines);
  let isScheduled = false;
  let dropped = 0;

  byId('log-clear', HTMLButtonElement).addEventListener('click', () => {
    buffer.take();
    dropped = 0;
    list.replaceChildren();
    describe();
  });

  function draw(): void {
    isScheduled = false;
    const isFollowing = region.scrollHeight - region.scrollTop - region.clientHeight <= followPx;
    const taken = buffer.take();
    list.append(...taken.lines.map(toItem));
    dropped += taken.dropped;
    while (list.childElementCount > maxLines) {
      list.firstElementChild?.remove();
      dropped++;
    }
    describe();
    if (isFollowing) region.scrollTop = region.scrollHeight;
  }

  function describe(): void {
    const shown = list.childElementCount;
    empty.hidden = shown > 0;
    const lines = shown === 1 ? '1 line' : `${shown} lines`;
    count.textContent = dropped === 0 ? lines : `${lines}, ${dropped} older dropped`;
  }

  const log: Log = {
    add(line) {
      buffer.push(line);
      if (isScheduled) return;
      isScheduled = true;
      requestAnimationFrame(draw);
    },
    say: (word, text) => log.add({ at: Date.now(), word, text }),
  };
  return log;
}

function toItem({ at, word, text, payload }: LogLine): HTMLLIElement {
  const time = create('time', { datetime: new Date(at).toISOString() }, timeOfDay(at));
  const item = create('li', { 'data-word': word }, time, ' ', create('b', {}, word), ' ', create('span', {}, text));
  if (payload !== undefined && payload.format !== 'empty')
    item.append(' ', create('pre', { 'data-format': payload.format }, `${payload.text}${payload.isCut ? ' …' : ''}`));
  return item;
}
