/** The live history of versions, predictions and decisions. Every other timeline is a replay. */
export const MAIN_TIMELINE = 'main';
