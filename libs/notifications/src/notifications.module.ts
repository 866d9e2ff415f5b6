import { Global, Module } from '@nestjs/common';
import { NotificationOutbox } from './notification-outbox.js';
import { WebhookSender } from './webhook-sender.js';

/** For whoever has something to tell. */
@Global()
@Module({ providers: [NotificationOutbox], exports: [NotificationOutbox] })
export class NotificationsModule {}

/** For the process that sends. */
@Module({ imports: [NotificationsModule], providers: [WebhookSender], exports: [WebhookSender] })
export class NotificationSenderModule {}
