export interface ServerSettings {
  readonly port: number;
  readonly logFolder: string;
  /** False gives up crash safety for speed: tests only. */
  readonly durable: boolean;
}

const LOG_FILE_MB = 10;

/**
 * Settings of the embedded server as `name=value`. They go on the command line, so an upgrade of Tidemark changes
 * them without touching files inside the cluster. Sized for a machine with two cores that also trains models.
 */
export function serverSettings(settings: ServerSettings): string[] {
  return [
    `port=${settings.port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'password_encryption=scram-sha-256',
    'max_connections=100',
    'shared_buffers=128MB',
    'effective_cache_size=512MB',
    'work_mem=8MB',
    'maintenance_work_mem=64MB',
    // Parallel plans need shared memory that small containers do not have, and two cores gain nothing from them.
    'max_parallel_workers_per_gather=0',
    'jit=off',
    'io_method=sync',
    // No replicas: bulk loads into new tables may skip the log.
    'wal_level=minimal',
    'max_wal_senders=0',
    'max_wal_size=512MB',
    'checkpoint_timeout=15min',
    'timezone=UTC',
    'log_timezone=UTC',
    'log_checkpoints=off',
    'log_line_prefix=%m [%p] %a ',
    'logging_collector=on',
    `log_directory=${settings.logFolder}`,
    'log_filename=postgres-%Y%m%d-%H%M%S.log',
    `log_rotation_size=${LOG_FILE_MB}MB`,
    'log_rotation_age=1d',
    ...(settings.durable ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']),
  ];
}
