/** The first live history of versions, predictions and decisions. Every other timeline begins as a replay. */
export const MAIN_TIMELINE = 'main';
