import { ForbiddenError, InvalidCredentialsError } from '@directus/errors';
import type { Accountability } from '@directus/types';
import type { Caller } from './answer.js';

/** Lets the service account and admins in. An endpoint is public unless it says otherwise. */
export function authorize(
	accountability: Accountability | null | undefined,
	{ serviceAccount }: { serviceAccount: string },
): Caller {
	if (!accountability?.user) throw new InvalidCredentialsError();
	if (!accountability.admin && accountability.user !== serviceAccount) throw new ForbiddenError();
	return { ...accountability, user: accountability.user };
}
