import { ForbiddenError, InvalidCredentialsError } from '@directus/errors';
import type { Accountability } from '@directus/types';
import type { Request, RequestHandler } from 'express';

/** Somebody who is signed in. */
export type Caller = Accountability & { user: string };
export type Gate = (request: Request) => Caller;
export type Handle = (request: Request, caller: Caller) => Promise<unknown>;

/** Answers whomever `gate` lets in with what `handle` returns. */
export function answering(gate: Gate): (handle: Handle) => RequestHandler {
	return (handle) => (request, response, next) => {
		const respond = async (): Promise<void> => {
			const caller = gate(request);
			response.json(await handle(request, caller));
		};
		// Express 4 does not wait for a promise; Directus' error handler answers in its usual shape.
		respond().catch(next);
	};
}

/** Whoever is signed in: Directus' permissions decide about the rest. */
export function signedIn({ accountability }: Pick<Request, 'accountability'>): Caller {
	if (!accountability?.user) throw new InvalidCredentialsError();
	return { ...accountability, user: accountability.user };
}

/** Admins only: not even the service account, whose token may be elsewhere. */
export function adminOnly(request: Pick<Request, 'accountability'>): Caller {
	const caller = signedIn(request);
	if (!caller.admin) throw new ForbiddenError();
	return caller;
}
