import { expect, test } from 'vitest';
import { isTold, parseFields, type FieldSelection } from './watched-fields.js';

function selectionOf(fields: string): FieldSelection {
	const selection = parseFields(`feedback: ${fields}`).get('feedback');
	if (selection === undefined) throw new Error('expected a selection');
	return selection;
}
const told = (fields: string): string[] => ['id', 'text', 'note'].filter((field) => isTold(selectionOf(fields), field));

test.each([
	['*', ['id', 'text', 'note']],
	['* !note', ['id', 'text']],
	['!note', ['id', 'text']],
	['text', ['text']],
	['text,note', ['text', 'note']],
	['customer.tier', ['id', 'text', 'note']],
	['!note customer.tier', ['id', 'text']],
	['text customer.tier', ['text']],
])('"%s" tells %j', (fields, expected) => {
	expect(told(fields)).toEqual(expected);
});

test('fields of relations are told one level deep, some or all', () => {
	const { related } = selectionOf('* customer.tier customer.name team.* team.name');

	expect(related).toEqual(
		new Map([
			['customer', new Set(['tier', 'name'])],
			['team', null],
		]),
	);
});

test('each collection is a part of its own, and the rest of the world is told whole', () => {
	const fields = parseFields('feedback: * !note;\n tickets: subject, status;');

	expect([...fields.keys()]).toEqual(['feedback', 'tickets']);
	expect(parseFields('*')).toEqual(new Map());
});

test.each([
	['feedback text', 'has "feedback text" where it needs "<collection>: <fields>"'],
	[': text', 'has ": text" where'],
	['feedback:', 'names no field of "feedback"'],
	['feedback: a; feedback: b', 'names "feedback" twice'],
	['directus_users: email', 'cannot watch "directus_users"'],
	['feedback: customer.team.name', 'has "customer.team.name" for "feedback": write'],
	['feedback: !customer.tier', 'has "!customer.tier" for "feedback": name each'],
	['feedback: *.tier', 'has "*.tier"'],
	['feedback: te*t', 'has "te*t"'],
	['feedback: !', 'has "!"'],
	['feedback: !*', 'leaves out all of "feedback"'],
	['feedback: * text !text', 'both names and leaves out "text" of "feedback"'],
])('"%s" is refused with what is wrong about it', (text, problem) => {
	expect(() => parseFields(text)).toThrow(problem);
});
