import type { Outcome, Prediction } from '@tidemark/contracts';
import { shortHash, shortNumber, shortTime } from '../output/format.js';
import { renderFields, renderTable } from '../output/table.js';

export function predictionTable(predictions: readonly Prediction[]): string[] {
  if (predictions.length === 0) return ['No predictions.'];
  return renderTable(
    [
      { title: 'ID', cell: (row) => row.id },
      { title: 'AT', cell: (row) => shortTime(row.at) },
      { title: 'AGENT', cell: (row) => row.agent },
      { title: 'VERSION', cell: (row) => row.version },
      { title: 'MODE', cell: (row) => row.mode },
      { title: 'AS OF', cell: (row) => shortTime(row.asOf) },
      { title: 'OUTPUTS', cell: outputsText },
      { title: 'KEY', cell: (row) => row.key ?? '' },
    ],
    predictions,
  );
}

function outputsText({ outputs }: Prediction): string {
  return Object.entries(outputs)
    .map(([name, value]) => `${name}=${shortNumber(value)}`)
    .join(' ');
}

export function predictionFields(prediction: Prediction): string[] {
  const { inputs } = prediction;
  return renderFields([
    ['prediction', prediction.id],
    ['at', shortTime(prediction.at)],
    ['timeline', prediction.timeline],
    ['agent', prediction.agent],
    ['version', `${prediction.version} (sequence ${prediction.sequence}, generation ${prediction.generation})`],
    ['mode', prediction.mode],
    ['as of', shortTime(prediction.asOf) ?? "the caller's inputs"],
    ['key', prediction.key ?? undefined],
    ...Object.entries(prediction.outputs),
    ['inputs', inputs === null ? 'wide: rebuilt from the bars known then' : inputs.map(String).join(' ')],
    ['inputs hash', shortHash(prediction.inputsSha256)],
    ['latency', `${shortNumber(prediction.latencyUs)} µs`],
  ]);
}

export function outcomeTable(outcomes: readonly Outcome[]): string[] {
  if (outcomes.length === 0) return ['No outcomes: labels mature when their last bar is known.'];
  return renderTable(
    [
      { title: 'AS OF', cell: (row) => shortTime(row.asOf) },
      { title: 'VALUE', cell: (row) => shortNumber(row.value) },
      { title: 'LABEL END', cell: (row) => shortTime(row.labelEnd) },
      { title: 'KNOWN AT', cell: (row) => shortTime(row.knownAt) },
      { title: 'REVISION', cell: (row) => row.revision },
    ],
    outcomes,
  );
}
