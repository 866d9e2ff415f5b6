import { types } from 'node:util';

/**
 * Specs run in a context of their own, whose `Error` is another one than that of Node's built-in modules: an ECONNREFUSED
 * would not be `instanceof Error` in a spec although it is in production. Here every native error is.
 */
const ordinary = Function.prototype[Symbol.hasInstance];

Object.defineProperty(Error, Symbol.hasInstance, {
  configurable: true,
  value(candidate) {
    return ordinary.call(this, candidate) || (this === Error && types.isNativeError(candidate));
  },
});
