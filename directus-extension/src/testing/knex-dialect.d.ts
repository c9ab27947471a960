declare module 'knex/lib/dialects/better-sqlite3/index.js' {
	import type { Knex } from 'knex';

	export default class extends (null as unknown as typeof Knex.Client) {
		_driver(): unknown;
	}
}
