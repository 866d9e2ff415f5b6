export { NotificationOutbox, type Notification } from './notification-outbox.js';
export { NotificationSenderModule, NotificationsModule } from './notifications.module.js';
export { signedHeaders } from './signature.js';
export { WebhookSender } from './webhook-sender.js';
