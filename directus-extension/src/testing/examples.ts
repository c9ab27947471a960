import { readFileSync } from 'node:fs';

/** Reads a golden file that the sidecar's tests read too. */
export function example<Content>(name: 'changes' | 'effects' | 'signatures'): Content {
	const url = new URL(`../../../schemas/examples/${name}.json`, import.meta.url);
	return JSON.parse(readFileSync(url, 'utf8')) as Content;
}
