/** What this extension uses of Directus' logger. Messages and details never hold values of an item. */
export interface Logger {
	debug(details: unknown, message?: string): void;
	info(details: unknown, message?: string): void;
	warn(details: unknown, message?: string): void;
	error(details: unknown, message?: string): void;
}
