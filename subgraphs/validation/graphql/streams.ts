/** Exceptions as they are raised and as something is done about them; whoever was away goes on after what he saw. */
import 'reflect-metadata';
import { Arg, Ctx, FieldResolver, ID, Int, Resolver, Root, Subscription } from 'type-graphql';
import type { RequestContext } from '../../../runtime/request.ts';
import { historyOf, type PlacedAct } from '../store/acts.ts';
import { exceptionOf } from '../store/exceptions.ts';
import type { ExceptionRow } from '../store/tables.ts';
import type { House } from '../work/house.ts';
import type { ValidationWatch } from '../work/watch.ts';
import { ExceptionActType, ExceptionChange, ExceptionEvent, ExceptionType } from './exception-type.ts';
import { PAGE_ROWS_DEFAULT, rowsToRead } from './pages.ts';
import { actView, exceptionView, type Onlooker } from './views.ts';

@Resolver(() => ExceptionType)
export class ExceptionStreams {
  readonly house: House;

  constructor(house: House) {
    this.house = house;
  }

  @Subscription(() => ExceptionEvent, {
    topics: ({ args }) => topicOf(RAISED, args),
    description: 'Every exception raised after `since`, then each as it is raised; none is ever left out.',
  })
  exceptionRaised(
    @Root() row: ExceptionRow,
    @Ctx() request: RequestContext,
    @Arg('migrationId', () => ID) _migrationId: string,
    @Arg('since', () => Int, { nullable: true, description: 'The seq of the last one seen.' }) _since?: number,
  ): ExceptionEvent {
    return { seq: row.seq, exception: exceptionView(exceptionOf(row), this.#onlooker(request)) };
  }

  @Subscription(() => ExceptionChange, {
    topics: ({ args }) => topicOf(CHANGED, args),
    description: 'Everything done about an exception after `since`, then each act as it is done; none is left out.',
  })
  exceptionChanged(
    @Root() { act, exception }: PlacedAct,
    @Ctx() request: RequestContext,
    @Arg('migrationId', () => ID) _migrationId: string,
    @Arg('since', () => Int, { nullable: true, description: 'The seq of the last one seen.' }) _since?: number,
  ): ExceptionChange {
    const onlooker = this.#onlooker(request);
    return {
      seq: act.seq,
      act: actView(act, onlooker),
      exception: exceptionView(exceptionOf(exception), onlooker),
    };
  }

  @FieldResolver(() => [ExceptionActType], { description: 'What was done about it, oldest first.' })
  async history(
    @Root() { id }: ExceptionType,
    @Ctx() request: RequestContext,
    @Arg('first', () => Int, { defaultValue: PAGE_ROWS_DEFAULT }) first: number,
    @Arg('after', () => Int, { nullable: true, description: 'The number of the last one seen.' }) after?: number,
  ): Promise<readonly ExceptionActType[]> {
    const limit = rowsToRead(first) - 1;
    const acts = await this.house.store.read((em) => historyOf(em, id, after ?? 0, limit));
    return acts.map((act) => actView(act, request));
  }

  #onlooker({ actor }: RequestContext): Onlooker {
    return { actor, now: this.house.clock.now(), key: this.house.keys.record };
  }
}

const RAISED = 'exception-raised:';
const CHANGED = 'exception-changed:';

function topicOf(name: string, args: unknown): string {
  const { migrationId, since } = args as { readonly migrationId: string; readonly since?: number | null };
  return `${name}${since ?? 0}:${migrationId}`;
}

/** What a subscriber to a topic sees; undefined when it is about something else. */
export function exceptionTopic(watch: ValidationWatch, topic: string): AsyncIterableIterator<unknown> | undefined {
  const name = [RAISED, CHANGED].find((each) => topic.startsWith(each));
  if (name === undefined) return undefined;
  const [since = '0', ...parts] = topic.slice(name.length).split(':');
  const migrationId = parts.join(':');
  return name === RAISED ? watch.exceptions(migrationId, Number(since)) : watch.acts(migrationId, Number(since));
}
