/** Routes that messages of the API send a reader to, and the command that asks the same. */
const COMMANDS: readonly (readonly [route: RegExp, command: (...captured: string[]) => string])[] = [
  [/GET \/api\/v1\/monitoring\/alerts\b/, () => 'alerts'],
  [/GET \/api\/v1\/runs\b/, () => 'runs'],
  [/GET \/api\/v1\/decisions\b/, () => 'decisions'],
  [/GET \/api\/v1\/reconciliations\b/, () => 'reconcile list'],
  [/GET \/api\/v1\/timelines\b/, () => 'timelines'],
  [/GET \/api\/v1\/agents\/([\w-]+)\/controls\b/, (agent) => `latches ${agent}`],
  [/GET \/api\/v1\/models\/([\w-]+)\/versions\b/, (model) => `models versions ${model}`],
  [/GET \/api\/v1\/models\b(?!\/)/, () => 'models'],
  [/POST \/api\/v1\/bars\b/, () => 'bars add'],
];

/** The message with the command beside the route it names; as it came where no command asks the same. */
export function nameCommand(message: string): string {
  for (const [route, command] of COMMANDS) {
    if (route.test(message))
      return message.replace(
        route,
        (found, ...captured: string[]) => `\`npx tidemark ${command(...captured)}\` (${found})`,
      );
  }
  return message;
}
