/** The line on which some text first stands, from 1; 1 where it does not. */
export const sourceLineOf = (source: string, text: string): number => {
  const at = source.indexOf(text);
  return at === -1 ? 1 : source.slice(0, at).split('\n').length;
};
