/** ApolloGateway reports to its maker over the network unless this is set before one is constructed. */
export function refuseTelemetry(): void {
  // The one place outside runtime/config.ts that touches the environment: it writes, and reads nothing.
  process.env['APOLLO_TELEMETRY_DISABLED'] = 'true';
}
