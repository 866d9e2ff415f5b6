import { describe, expect, it } from '@jest/globals';
import { Metrics } from './metrics.js';

describe('Metrics', () => {
  it('exposes every metric under its documented name and labels', async () => {
    const metrics = new Metrics();
    metrics.predictionsTotal.inc({ agent: 'a', version: '1.0.0', mode: 'live' });
    metrics.predictionLatency.observe({ agent: 'a' }, 7e-6);
    metrics.predictionLogRows.inc({ state: 'dropped' }, 3);
    metrics.modelGeneration.set({ agent: 'a' }, 4);
    metrics.modelSwaps.inc({ agent: 'a' });
    metrics.jobsTotal.inc({ kind: 'train', state: 'failed' });
    metrics.jobDuration.observe({ kind: 'train' }, 12);
    metrics.lastSuccess.set({ job: 'train' }, 1_700_000_000);
    metrics.httpDuration.observe({ route: '/api/v1/predict', method: 'POST', status: '200' }, 0.002);
    const text = await metrics.text();
    const lines = [
      'tidemark_predictions_total{agent="a",version="1.0.0",mode="live"} 1',
      'tidemark_prediction_latency_seconds_bucket{le="0.000005",agent="a"} 0',
      'tidemark_prediction_latency_seconds_bucket{le="0.00001",agent="a"} 1',
      'tidemark_prediction_log_rows_total{state="dropped"} 3',
      'tidemark_model_generation{agent="a"} 4',
      'tidemark_model_swap_total{agent="a"} 1',
      'tidemark_jobs_total{kind="train",state="failed"} 1',
      'tidemark_job_duration_seconds_count{kind="train"} 1',
      'tidemark_last_success_timestamp_seconds{job="train"} 1700000000',
      'tidemark_http_request_duration_seconds_count{route="/api/v1/predict",method="POST",status="200"} 1',
    ];
    for (const line of lines)
      expect(text.replaceAll('1e-05', '0.00001').replaceAll('0.000005', '0.000005')).toContain(line);
    expect(metrics.contentType).toContain('text/plain');
  });

  it('keeps the metrics of two instances apart', async () => {
    const first = new Metrics();
    const second = new Metrics();
    first.modelSwaps.inc({ agent: 'a' });
    expect(await second.text()).not.toContain('agent="a"');
  });

  it('adds the metrics of the Node process on request', async () => {
    const metrics = new Metrics();
    metrics.collectProcessMetrics();
    expect(await metrics.text()).toContain('tidemark_process_cpu_seconds_total');
  });
});
