import type { DeadLetter, DeadLetterGroup, DeadLetters, Performed, WantedLetters } from '../lib/studio.js';
import { strings } from '../app/strings.js';

/** A group with the letters that were looked at. */
export interface Shelf extends DeadLetterGroup {
	list: DeadLetter[];
}

/** Letters by cause; the largest group first. */
export function shelvesOf({ groups, letters }: DeadLetters): Shelf[] {
	return groups
		.map((group) => ({ ...group, list: letters.filter((letter) => letter.group === group.group) }))
		.toSorted((one, other) => other.letters - one.letters || one.group.localeCompare(other.group));
}

export function toggled(selected: ReadonlySet<string>, ids: readonly string[], isOn: boolean): Set<string> {
	return isOn ? selected.union(new Set(ids)) : selected.difference(new Set(ids));
}

/** What is selected and still there: somebody else may have dealt with it. */
export function stillThere(selected: ReadonlySet<string>, { letters }: DeadLetters): Set<string> {
	return selected.intersection(new Set(letters.map(({ id }) => id)));
}

/** What somebody means to do, before it is confirmed. */
export interface Intent {
	what: 'redrive' | 'discard';
	wanted: WantedLetters;
	/** How many letters that are, as far as anybody knows. */
	count: number;
}

export function intentFor(what: Intent['what'], meant: DeadLetters | Shelf | ReadonlySet<string>): Intent {
	if (meant instanceof Set) return { what, wanted: { ids: [...meant] }, count: meant.size };
	if ('group' in meant) return { what, wanted: { filter: { group: meant.group } }, count: meant.letters };
	if ('groups' in meant) {
		return { what, wanted: { all: true }, count: meant.groups.reduce((sum, { letters }) => sum + letters, 0) };
	}
	return { what, wanted: { ids: [] }, count: 0 };
}

/** What became of it, in words. */
export function outcomeOf(what: Intent['what'], { done, failed, left }: Performed): string {
	const { redriven, discarded, failed: stayed, left: more } = strings.deadLetters;
	return [
		what === 'redrive' ? redriven(done) : discarded(done),
		...(failed.length > 0 ? [`${stayed(failed.length)}: ${failed[0]?.error ?? ''}`] : []),
		...(left > 0 ? [more(left)] : []),
	].join('. ');
}
