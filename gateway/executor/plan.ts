/** Plans: Apollo's query plan, turned once per operation into steps that are cheap to take. */
import type { FetchDataRewrite, FetchNode, PlanNode, QueryPlanSelectionNode } from '@apollo/query-planner';
import { Fault } from '../../kernel/fault.ts';
import type { Path } from './tree.ts';

export type Step =
  | { readonly kind: 'sequence'; readonly steps: readonly Step[] }
  | { readonly kind: 'parallel'; readonly steps: readonly Step[] }
  | { readonly kind: 'at'; readonly path: Path; readonly step: Step }
  | { readonly kind: 'when'; readonly variable: string; readonly met?: Step; readonly unmet?: Step }
  | { readonly kind: 'fetch'; readonly fetch: Fetch };

/** One operation for one subgraph. */
export interface Fetch {
  readonly subgraph: string;
  readonly operation: 'query' | 'mutation' | 'subscription';
  readonly query: string;
  readonly operationName: string | undefined;
  /** Names of the client's variables it uses. */
  readonly variables: readonly string[];
  /** What the entities it fetches are found by; undefined for a fetch from the root. */
  readonly requires: readonly QueryPlanSelectionNode[] | undefined;
  readonly inputRewrites: readonly FetchDataRewrite[];
  readonly outputRewrites: readonly FetchDataRewrite[];
  /** The request's JSON text up to, and from behind, the variables. */
  readonly bodyHead: string;
  readonly bodyTail: string;
}

/** Compiles a plan. Fails with PLAN_UNSUPPORTED for the federation features that we do not execute. */
export function stepOf(node: PlanNode): Step {
  switch (node.kind) {
    case 'Sequence':
      return { kind: 'sequence', steps: node.nodes.map(stepOf) };
    case 'Parallel':
      return { kind: 'parallel', steps: node.nodes.map(stepOf) };
    case 'Flatten':
      return { kind: 'at', path: node.path.map(String), step: stepOf(node.node) };
    case 'Condition':
      return {
        kind: 'when',
        variable: node.condition,
        ...(node.ifClause && { met: stepOf(node.ifClause) }),
        ...(node.elseClause && { unmet: stepOf(node.elseClause) }),
      };
    case 'Fetch':
      return { kind: 'fetch', fetch: fetchOf(node) };
    case 'Defer':
      throw unsupported('@defer');
    default:
      return node satisfies never;
  }
}

export function fetchOf(node: FetchNode): Fetch {
  if (node.contextRewrites?.length) throw unsupported('@fromContext');
  const { serviceName, operation, operationName, operationKind, variableUsages, requires } = node;
  return {
    subgraph: serviceName,
    operation: operationKind,
    query: operation,
    operationName,
    variables: variableUsages ?? [],
    requires,
    inputRewrites: node.inputRewrites ?? [],
    outputRewrites: node.outputRewrites ?? [],
    bodyHead: `{"query":${JSON.stringify(operation)},"variables":`,
    bodyTail: operationName === undefined ? '}' : `,"operationName":${JSON.stringify(operationName)}}`,
  };
}

function unsupported(feature: string): Fault {
  return new Fault({
    code: 'PLAN_UNSUPPORTED',
    retry: 'permanent',
    message: `the gateway does not execute ${feature}; ask without it`,
  });
}
