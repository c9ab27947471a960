import manifest from '../../../package.json' with { type: 'json' };

/** Of this extension. */
export const { version } = manifest;
