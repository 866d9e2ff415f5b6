import { callerError, conflict, type TidemarkError } from '@tidemark/kernel';

export function backupDamaged(why: string): TidemarkError {
  return callerError('BACKUP_DAMAGED', `The backup cannot be used: ${why}. Nothing was restored; take another one.`, {
    status: 422,
  });
}

export function backupUnknown(migrations: readonly string[]): TidemarkError {
  return callerError(
    'BACKUP_FROM_NEWER_VERSION',
    `The backup has ${migrations.join(', ')}, which this version does not know: restore it with a newer version.`,
    { status: 422, details: { migrations } },
  );
}

export function targetNotEmpty(table: string): TidemarkError {
  return conflict(
    'RESTORE_TARGET_NOT_EMPTY',
    `The database has tables already (${table}): restore into an empty one. Nothing was changed.`,
    { table },
  );
}
