/** Which of the known names was meant by one that is not among them: a slip of the pen or two, not a guess. */
import { limits } from "../limits.ts";

/**
 * The name that the fewest slips turn into `word`; of several, the first by alphabet. A slip is a letter too many, one
 * too few, another one, or two that changed places (Damerau 1964). Words of up to four letters are allowed one slip,
 * longer ones two; other case counts as no slip.
 */
export function nearestOf(word: string, names: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase();
  let best: { readonly name: string; readonly slips: number } | undefined;
  let compared = 0;
  for (const name of names) {
    compared += 1;
    if (compared > limits.namesCompared) break;
    const allowed = Math.min(slipsAllowed(wanted), name.length - 1);
    if (Math.abs(name.length - wanted.length) > allowed) continue;
    const slips = slipsBetween(wanted, name.toLowerCase());
    if (slips > allowed || name === "") continue;
    if (best === undefined || slips < best.slips || (slips === best.slips && name < best.name)) best = { name, slips };
  }
  return best?.name;
}

/** `Did you mean "h1"?`, or the first names that there are. */
export function didYouMean(word: string, names: readonly string[], what: string): string {
  const nearest = nearestOf(word, names);
  if (nearest !== undefined) return `Did you mean "${nearest}"?`;
  if (names.length === 0) return `The document has no ${what}.`;
  const shown = names.slice(0, namesShown).join(", ");
  return `Known ${what}: ${shown}${names.length > namesShown ? ` and ${names.length - namesShown} more` : ""}.`;
}

/** As many names as a line of an error holds. */
const namesShown = 12;

const slipsAllowed = (word: string): number => (word.length <= 4 ? 1 : 2);

/** Distance of optimal string alignment, by rows. */
function slipsBetween(left: string, right: string): number {
  let before: readonly number[] = [];
  let above: readonly number[] = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row += 1) {
    const here = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const isSame = left[row - 1] === right[column - 1];
      let slips = Math.min(
        (above[column] ?? 0) + 1,
        (here[column - 1] ?? 0) + 1,
        (above[column - 1] ?? 0) + (isSame ? 0 : 1),
      );
      const isSwapped = row > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (isSwapped) slips = Math.min(slips, (before[column - 2] ?? Infinity) + 1);
      here.push(slips);
    }
    before = above;
    above = here;
  }
  return above[right.length] ?? 0;
}
