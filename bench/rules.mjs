// Rules of access as an installation with many users has them, all of which a client has to get past.

const kinds = [
  (index) => ({ allow: 'publish', user: `user-${index}`, topics: ['plants/%u/#'] }),
  (index) => ({ allow: ['publish', 'subscribe'], topics: [`areas/${index}/+/state`] }),
  (index) => ({ allow: 'all', clientId: `line-${index}-{number}`, topics: ['lines/{number}/#'] }),
];

/** @param count 2 or more. The first takes something from everybody, live too; the last allows what the rows do. */
export const rulesOf = (count) => [
  { deny: 'all', topics: ['secret/#'] },
  ...Array.from({ length: count - 2 }, (_, index) => kinds[index % kinds.length](index)),
  { allow: 'all', topics: ['#'] },
];
