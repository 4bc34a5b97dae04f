import { isConnectorError, type ConnectorContext } from '@waybill/connector-sdk';

/** The secret of that name, or `undefined` when the plan names none. */
export function secretOf(context: ConnectorContext, name: string): string | undefined {
  try {
    return context.secret(name).trim();
  } catch (error) {
    if (isConnectorError(error) && error.code === 'CONFIG_INVALID') return undefined;
    throw error;
  }
}
