// The envelope and the contract of each type, compiled once.
import Ajv from 'ajv-draft-04';

export function compileContracts(read) {
	const ajv = new Ajv({ strict: false });
	const envelope = ajv.compile(read('envelope.json'));
	const contracts = new Map([
		['feedback.submitted/1', ajv.compile(read('feedback.submitted/1.json'))],
	]);
	return {
		/** The first violation, or nothing. */
		check(event) {
			if (!envelope(event)) return violation(envelope.errors[0], '');
			const contract = contracts.get(`${event.eventType}/${event.version}`);
			if (contract && !contract(event.data)) return violation(contract.errors[0], '/data');
			return undefined;
		},
	};
}

function violation(error, root) {
	return { code: 'contract', detail: error.message, path: `${root}${error.instancePath}` };
}
