/** How alike two names, days or numbers are: the slips that charts of one person show. */

/** Whether one text becomes the other by at most so many insertions, deletions, changes or swaps of neighbours. */
export function isWithinEdits(one: string, other: string, editsMax: number): boolean {
  if (one === other) return true;
  if (Math.abs(one.length - other.length) > editsMax) return false;
  let start = 0;
  while (start < one.length && one[start] === other[start]) start++;
  let [left, right] = [one.length, other.length];
  while (left > start && right > start && one[left - 1] === other[right - 1]) {
    left--;
    right--;
  }
  const [here, there] = [left - start, right - start];
  if (here <= 1 && there <= 1) return true;
  if (here === 2 && there === 2 && one[start] === other[start + 1] && one[start + 1] === other[start]) return true;
  // One edit leaves nothing else between the beginning and the end that two texts share.
  return editsMax > 1 && distance(one.slice(start, left), other.slice(start, right)) <= editsMax;
}

/** Optimal string alignment (Damerau 1964): three rows at a time. */
function distance(one: string, other: string): number {
  let before: number[] = [];
  let above = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const change = one[row - 1] === other[column - 1] ? 0 : 1;
      const [up, diagonal] = [above[column] ?? 0, above[column - 1] ?? 0];
      let least = Math.min(up + 1, (current[column - 1] ?? 0) + 1, diagonal + change);
      const isSwap = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      if (row > 1 && column > 1 && isSwap) least = Math.min(least, (before[column - 2] ?? 0) + 1);
      current.push(least);
    }
    [before, above] = [above, current];
  }
  return above[other.length] ?? 0;
}

/** Names of this many letters may differ in one; twice as long ones in two. */
const LETTERS_FOR_ONE_EDIT = 4;
const LETTERS_FOR_TWO_EDITS = 8;

export function isCloseName(one: string, other: string): boolean {
  const length = Math.min(one.length, other.length);
  if (length < LETTERS_FOR_ONE_EDIT) return false;
  return isWithinEdits(one, other, length < LETTERS_FOR_TWO_EDITS ? 1 : 2);
}

/** Two days told alike but for a slip: day and month changed over, or one digit, or two neighbours swapped. */
export function isCloseDay(one: string, other: string): boolean {
  const differing = signsDiffering(one, other);
  if (differing > SIGNS_OF_SWAPPED_DAY) return false;
  const [year, month, day] = one.split('-');
  if (other === `${year}-${day}-${month}`) return true;
  return differing <= 2 && isWithinEdits(one.replaceAll('-', ''), other.replaceAll('-', ''), 1);
}

/** Two digits of the day and two of the month. */
const SIGNS_OF_SWAPPED_DAY = 4;

/** Of two texts of one length, in how many places they differ. */
function signsDiffering(one: string, other: string): number {
  let differing = 0;
  for (let at = 0; at < one.length; at++) if (one.charCodeAt(at) !== other.charCodeAt(at)) differing++;
  return differing;
}

/** Short forms that stand in charts for the name itself. */
const SHORT_FORMS: readonly string[] = [
  'robert rob bob bobby robbie bert',
  'william will bill billy willie liam',
  'richard rick dick ricky rich',
  'james jim jimmy jamie',
  'john jack johnny jon',
  'charles chuck charlie',
  'joseph joe joey',
  'thomas tom tommy',
  'michael mike mickey mick',
  'edward ed eddie ted ned',
  'theodore theo',
  'anthony tony',
  'daniel dan danny',
  'david dave',
  'donald don donny',
  'steven stephen steve',
  'kenneth ken kenny',
  'gregory greg',
  'benjamin ben',
  'samuel sam',
  'matthew matt',
  'andrew andy drew',
  'christopher chris kit',
  'nicholas nick',
  'patrick pat',
  'lawrence larry',
  'henry hank harry',
  'francis frank francisco paco',
  'jose pepe',
  'elizabeth liz beth betty lizzie eliza libby',
  'margaret maggie peggy meg marge',
  'katherine catherine kathryn kate kathy katie cathy',
  'patricia patty tricia trish',
  'jennifer jen jenny',
  'susan sue susie suzanne',
  'deborah debra deb debbie',
  'barbara barb',
  'rebecca becky',
  'victoria vicky tori',
  'alexandra sandra alex',
  'alexander alex sandy',
  'dorothy dot dottie',
  'virginia ginny',
  'theresa teresa terry tess',
  'judith judy',
  'pamela pam',
  'cynthia cindy',
  'jacqueline jackie',
  'maria mary marie',
  'frances fran',
  'eleanor ellie nell',
  'abigail abby gail',
  'samantha sam',
  'stephanie steph',
  'guadalupe lupe',
];

const FORMS: ReadonlyMap<string, ReadonlySet<number>> = formsByName();

function formsByName(): ReadonlyMap<string, ReadonlySet<number>> {
  const forms = new Map<string, Set<number>>();
  for (const [at, line] of SHORT_FORMS.entries()) {
    for (const name of line.split(' ')) forms.set(name, new Set([...(forms.get(name) ?? []), at]));
  }
  return forms;
}

export function isShortForm(one: string, other: string): boolean {
  const [left, right] = [FORMS.get(one), FORMS.get(other)];
  return left !== undefined && right !== undefined && [...left].some((form) => right.has(form));
}
