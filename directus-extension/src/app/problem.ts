/** What Directus' answer says in words; its client hides it deep inside the error. */
export function problemOf(error: unknown): string {
	const [first] = errorsOf(error);
	const message = textAt(first, 'message');
	if (message !== null) return message;
	return error instanceof Error ? error.message : String(error);
}

/** Whether the answer was that this user may not. */
export function isForbidden(error: unknown): boolean {
	return statusOf(error) === 403;
}

function statusOf(error: unknown): unknown {
	return at(at(error, 'response'), 'status');
}

function errorsOf(error: unknown): unknown[] {
	const errors = at(at(at(error, 'response'), 'data'), 'errors');
	return Array.isArray(errors) ? errors : [];
}

function textAt(value: unknown, key: string): string | null {
	const text = at(value, key);
	return typeof text === 'string' ? text : null;
}

function at(value: unknown, key: string): unknown {
	return typeof value === 'object' && value !== null ? new Map(Object.entries(value)).get(key) : undefined;
}
