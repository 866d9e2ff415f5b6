import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';
import { WIDTH } from './models.mjs';

const ROOT = resolve(import.meta.dirname, '../../..');

/** Our addon: one row into an array that is made once. */
export async function tidemarkEngine(path) {
  const { Model } = await import(pathToFileURL(resolve(ROOT, 'libs/native/dist/index.js')).href);
  const model = Model.load(path);
  model.warmUp(100);
  const output = new Float64Array(1);
  return {
    name: '@tidemark/native',
    score(row) {
      model.predictInto(row, output);
      return output[0];
    },
    dispose: () => model.dispose(),
  };
}

/** The JavaScript API of onnxruntime-node as its documentation shows it, with one thread like ours. */
export async function onnxruntimeEngine(path) {
  const { InferenceSession, Tensor } = createRequire(import.meta.url)('onnxruntime-node');
  const session = await InferenceSession.create(path, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  return {
    name: 'onnxruntime-node',
    async score(row) {
      const results = await session.run({ row: new Tensor('float64', row, [1, WIDTH]) });
      return results.output.data[0];
    },
    dispose: () => session.release(),
  };
}
