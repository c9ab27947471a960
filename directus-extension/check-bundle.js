// Run before every `npm pack`: whoever opens the Studio downloads all of it, whether or not they look at the bridge.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const BYTES_MAX = 150_000;

const bytes = gzipSync(readFileSync(new URL('dist/app.js', import.meta.url))).length;
if (bytes > BYTES_MAX) {
	process.stderr.write(`dist/app.js has ${bytes} bytes when zipped, more than ${BYTES_MAX}\n`);
	process.exit(1);
}
