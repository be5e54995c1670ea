/** The group that is agreed on where both ends have it, named as in RFC 8446 and as OpenSSL and browsers do. */
export const hybridGroup = 'X25519MLKEM768';

const [major = 0, minor = 0] = process.versions.openssl.split('.').map(Number);

/** Whether the OpenSSL of this Node, which the broker of a test runs on too, has it. */
export const hasHybridGroup = major > 3 || (major === 3 && minor >= 5);
