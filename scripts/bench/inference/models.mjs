import { doubles, intAttribute, intsAttribute, model, node, tensorAttribute, uint8s } from './onnx-writer.mjs';

/** Inputs of both models: the twelve features of the agents. */
export const WIDTH = 12;

/** Mulberry32 (Ettinger, 2017): uniform in [0, 1), the same numbers for the same seed everywhere. */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Normal variates by Box and Muller (1958). */
export function normal(random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Standardised inputs into a logistic regression: what the family exports, without its winsorising. */
export function logisticModel(seed) {
  const random = seeded(seed);
  const draw = () => Array.from({ length: WIDTH }, () => normal(random));
  return model(
    WIDTH,
    [
      node('Sub', ['row', 'mean'], ['centred']),
      node('Div', ['centred', 'scale'], ['standardised']),
      node('MatMul', ['standardised', 'weights'], ['product']),
      node('Add', ['product', 'bias'], ['logit']),
      node('Sigmoid', ['logit'], ['output']),
    ],
    [
      doubles('mean', [WIDTH], draw()),
      doubles(
        'scale',
        [WIDTH],
        draw().map((value) => 0.5 + Math.abs(value)),
      ),
      doubles('weights', [WIDTH, 1], draw()),
      doubles('bias', [1], [0.1]),
    ],
  );
}

/** Complete binary trees with random splits, summed and squashed: the shape of a boosted ensemble. */
export function treesModel(seed, trees = 300, depth = 6) {
  const random = seeded(seed);
  const interior = 2 ** depth - 1;
  const leaves = 2 ** depth;
  const columns = { features: [], splits: [], trueIds: [], falseIds: [], isLeaf: [], weights: [] };
  for (let tree = 0; tree < trees; tree += 1) {
    for (let at = 0; at < interior; at += 1) {
      const isLast = at >= (interior - 1) / 2;
      const child = (index) => (isLast ? tree * leaves + index - interior : tree * interior + index);
      columns.features.push(Math.floor(random() * WIDTH));
      columns.splits.push(normal(random));
      columns.trueIds.push(child(2 * at + 1));
      columns.falseIds.push(child(2 * at + 2));
      columns.isLeaf.push(isLast ? 1 : 0);
    }
    for (let leaf = 0; leaf < leaves; leaf += 1) columns.weights.push(normal(random) / Math.sqrt(trees));
  }
  const roots = Array.from({ length: trees }, (_, tree) => tree * interior);
  const ensemble = node('TreeEnsemble', ['row'], ['score'], {
    domain: 'ai.onnx.ml',
    attributes: attributes(columns, roots),
  });
  return model(WIDTH, [ensemble, node('Sigmoid', ['score'], ['output'])]);
}

function attributes({ features, splits, trueIds, falseIds, isLeaf, weights }, roots) {
  return [
    intAttribute('n_targets', 1),
    intAttribute('aggregate_function', 1),
    intAttribute('post_transform', 0),
    intsAttribute('tree_roots', roots),
    intsAttribute('nodes_featureids', features),
    intsAttribute('nodes_truenodeids', trueIds),
    intsAttribute('nodes_falsenodeids', falseIds),
    intsAttribute('nodes_trueleafs', isLeaf),
    intsAttribute('nodes_falseleafs', isLeaf),
    tensorAttribute(
      'nodes_modes',
      uint8s(
        'modes',
        splits.map(() => 0),
      ),
    ),
    tensorAttribute('nodes_splits', doubles('splits', [splits.length], splits)),
    intsAttribute(
      'leaf_targetids',
      weights.map(() => 0),
    ),
    tensorAttribute('leaf_weights', doubles('weights', [weights.length], weights)),
  ];
}
