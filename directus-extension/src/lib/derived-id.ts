import { v5 as uuidv5 } from 'uuid';

/** The namespace of all ids that are derived from a cause; the sidecar derives its own in the same one. */
const NAMESPACE = 'a6a077e8-5375-58a5-ad5a-b3f9099c1beb';

/** A UUID that is named after what it stands for, so that doing a thing twice names it alike. */
export function derivedId(...parts: (string | number)[]): string {
	return uuidv5(JSON.stringify(parts), NAMESPACE);
}
