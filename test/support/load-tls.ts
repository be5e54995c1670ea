/**
 * Unit tests share a worker. Before Node 26, `node:tls` lacks `createSecureContext` there where @peculiar/x509 was
 * loaded before it; loaded first, it is whole.
 */
// oxlint-disable-next-line import/no-unassigned-import -- that it is loaded is all
import 'node:tls';
