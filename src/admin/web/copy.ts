export type CopyOutcome = 'copied' | 'selected';

/** Copies the text of an element; where the browser does not allow that, selects it, so that a key press copies it. */
export async function copyText(element: HTMLElement): Promise<CopyOutcome> {
  try {
    await navigator.clipboard.writeText(element.textContent);
    return 'copied';
  } catch {
    return copySelection(element) ? 'copied' : 'selected';
  }
}

function copySelection(element: HTMLElement): boolean {
  const selection = getSelection();
  const range = document.createRange();
  range.selectNodeContents(element);
  selection?.removeAllRanges();
  selection?.addRange(range);
  try {
    return document.execCommand('copy'); // the only way without a secure context
  } catch {
    return false;
  }
}
