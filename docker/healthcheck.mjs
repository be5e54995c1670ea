// Healthy when the broker in this container says that it takes clients. The certificate is not checked: this asks
// whether the program answers, over the loopback interface, and the certificate may be one for other names.
import { get } from 'node:https';

const url = process.argv[2] ?? 'https://127.0.0.1:8084/healthz';

const fail = (reason) => {
  process.stderr.write(`${url}: ${reason}\n`);
  process.exitCode = 1;
};

const request = get(url, { rejectUnauthorized: false, timeout: 3_000 }, (response) => {
  if (response.statusCode !== 200) fail(`status ${response.statusCode}`);
  response.resume();
});
request.on('timeout', () => request.destroy(new Error('no answer within 3 s')));
request.on('error', (error) => fail(error.message));
