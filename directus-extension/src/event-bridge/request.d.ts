import type { Accountability, SchemaOverview } from '@directus/types';

/** What Directus' middlewares add to every request before it comes to an extension's endpoint. */
declare global {
	namespace Express {
		interface Request {
			accountability?: Accountability | null;
			schema: SchemaOverview;
		}
	}
}
