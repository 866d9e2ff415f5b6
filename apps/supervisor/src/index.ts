export { supervise, type StartOptions, type SuperviseRequest } from './supervise.js';
