/** A row of the primary API as the agents API names it. */
export function withAgentType<T extends { readonly agent: string }>(row: T): Omit<T, 'agent'> & { agent_type: string } {
  const { agent, ...rest } = row;
  return { agent_type: agent, ...rest };
}
