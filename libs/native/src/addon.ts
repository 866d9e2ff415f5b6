import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import type { NativeBinding } from './binding.js';
import { NativeError, callNative } from './errors.js';

const require = createRequire(import.meta.url);
const ADDON = resolve(import.meta.dirname, '../tidemark.node');

const LIBRARY_FILE: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'libonnxruntime.so.1',
  darwin: 'libonnxruntime.1.dylib',
  win32: 'onnxruntime.dll',
};

let addon: NativeBinding | undefined;
let isRuntimeReady = false;

/** The addon, loaded on first use. Node keeps one image for all threads of the process. */
export function binding(): NativeBinding {
  if (addon !== undefined) return addon;
  if (!existsSync(ADDON)) {
    throw new NativeError(
      'ADDON_MISSING',
      'operational',
      `The native addon is not built: run "npm run build" to make ${ADDON}.`,
    );
  }
  try {
    addon = require(ADDON) as NativeBinding;
  } catch (error) {
    const message = `The native addon ${ADDON} cannot be loaded; build it again on this machine with "npm run build".`;
    throw new NativeError('ADDON_INVALID', 'operational', message, { cause: error });
  }
  return addon;
}

export interface NativeOptions {
  /** Absolute path of the ONNX Runtime library; default: the one inside the npm package onnxruntime-node. */
  readonly ortLibrary?: string;
}

/**
 * Loads addon and ONNX Runtime and returns the runtime's build description. Models do it with the defaults on first
 * use; call it at boot to fail early or to choose the library. The first library of a process is the only one.
 */
export function initNative(options: NativeOptions = {}): string {
  const description = callNative(() => binding().initRuntime(options.ortLibrary ?? defaultLibrary()));
  isRuntimeReady = true;
  return description;
}

/** The addon with ONNX Runtime ready. */
export function runtime(): NativeBinding {
  if (!isRuntimeReady) initNative();
  return binding();
}

/** Where npm put the library. Only its path is used: loading the package's JavaScript would take over the environment. */
export function defaultLibrary(): string {
  const file = LIBRARY_FILE[process.platform];
  if (file === undefined) {
    throw new NativeError(
      'RUNTIME_LIBRARY_MISSING',
      'operational',
      `There is no ONNX Runtime library for ${process.platform}.`,
    );
  }
  return join(packageFolder(), 'bin/napi-v6', process.platform, process.arch, file);
}

function packageFolder(): string {
  try {
    return dirname(require.resolve('onnxruntime-node/package.json'));
  } catch (error) {
    const message = 'The npm package onnxruntime-node is not installed: run "npm ci" or set TIDEMARK_ORT_LIBRARY.';
    throw new NativeError('RUNTIME_LIBRARY_MISSING', 'operational', message, { cause: error });
  }
}
