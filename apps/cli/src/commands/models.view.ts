import type { Deployment, GateEvidence, Model, ModelVersion } from '@tidemark/contracts';
import { shortHash, shortNumber, shortTime } from '../output/format.js';
import { renderFields, renderTable, type Cell } from '../output/table.js';

export function modelTable(models: readonly Model[]): string[] {
  if (models.length === 0) return ['No model is registered yet: `npx tidemark ai retrain AGENT` trains one.'];
  return renderTable(
    [
      { title: 'MODEL', cell: (model) => model.name },
      { title: 'TASK', cell: (model) => model.task },
      { title: 'PRODUCTION', cell: (model) => model.production?.version },
      { title: 'SEQUENCE', cell: (model) => model.production?.sequence },
      { title: 'GENERATION', cell: (model) => model.production?.generation },
      { title: 'VERSIONS', cell: (model) => model.versions },
    ],
    models,
  );
}

export function modelFields(model: Model): string[] {
  return renderFields([
    ['model', model.name],
    ['task', model.task],
    ['production', model.production?.version ?? 'none'],
    ['sequence', model.production?.sequence],
    ['generation', model.production?.generation],
    ['versions', model.versions],
  ]);
}

export function versionTable(versions: readonly ModelVersion[]): string[] {
  return renderTable(
    [
      { title: 'SEQ', cell: (version) => version.sequence },
      { title: 'VERSION', cell: (version) => version.version },
      { title: 'FAMILY', cell: (version) => version.family },
      { title: 'STAGE', cell: (version) => version.stage },
      { title: 'CHOICE LOSS', cell: (version) => shortNumber(version.metrics['choice.loss']) },
      { title: 'GATE', cell: gateWord },
      { title: 'AS OF', cell: (version) => shortTime(version.lineage.asOf) },
      { title: 'CREATED', cell: (version) => shortTime(version.createdAt) },
    ],
    versions,
  );
}

function gateWord({ gate, override }: ModelVersion): string {
  const word = gate === undefined ? 'none' : gate.passed ? 'passed' : 'not passed';
  return override === undefined ? word : `${word}, overridden`;
}

export function versionFields(version: ModelVersion): string[] {
  const { lineage, parity, override } = version;
  const metrics = Object.entries(version.metrics).map(([key, value]): readonly [string, Cell] => [
    `metric ${key}`,
    shortNumber(value),
  ]);
  return renderFields([
    ['model', version.model],
    ['version', `${version.version} (sequence ${version.sequence})`],
    ['family', version.family],
    ['stage', version.stage],
    ...gateFields(version.gate),
    ['override', override && `${override.reason} (${override.actor}, ${shortTime(override.at)})`],
    ['parity', `${parity.rows} rows, largest relative difference ${parity.maxRelativeDifference}`],
    ...metrics,
    ['inputs', version.signature.inputs.map(({ name }) => name).join(', ')],
    ['outputs', version.signature.outputs.map(({ name, unit }) => `${name} (${unit})`).join(', ')],
    ['data as of', shortTime(lineage.asOf)],
    ['data hash', shortHash(lineage.dataHash)],
    ['code version', lineage.codeVersion],
    ['run', lineage.runId],
    ['parent', lineage.parentVersion],
    ['artifact', shortHash(version.artifactSha256)],
    ['created', shortTime(version.createdAt)],
  ]);
}

function gateFields(gate: GateEvidence | undefined): (readonly [string, Cell])[] {
  if (gate === undefined) return [['gate', 'none: the first version is the naive baseline']];
  const span = gate.from === undefined ? '' : `, ${shortTime(gate.from)} to ${shortTime(gate.to)}`;
  return [
    ['gate', `${gate.passed ? 'passed' : 'not passed'}: ${gate.reason}`],
    ['gate bars', `${gate.bars}${span}`],
    ['gate loss', gate.candidate && `${shortNumber(gate.candidate.meanLoss)} (${gate.loss})`],
    ['incumbent loss', gate.incumbent && `${shortNumber(gate.incumbent.meanLoss)} (${gate.incumbent.version})`],
  ];
}

export function deploymentTable(deployments: readonly Deployment[]): string[] {
  return renderTable(
    [
      { title: 'GENERATION', cell: (row) => row.generation },
      { title: 'VERSION', cell: (row) => row.version },
      { title: 'ACTION', cell: (row) => row.action },
      { title: 'BY', cell: (row) => row.actor },
      { title: 'AT', cell: (row) => shortTime(row.at) },
      { title: 'REASON', cell: (row) => row.reason },
    ],
    deployments,
  );
}
