/**
 * How traffic is divided where several links, or several ways, are equal: `take` is called for each that gets a part.
 * Ways are made of many forks, so nothing is allocated for one.
 */
export type Spread = <Option>(options: readonly Option[], take: (option: Option, part: number) => void) => void;

/** Many flows together: every way has an equal part, as if a perfect hash had dealt them out. */
export const evenly: Spread = (options, take) => {
  const part = 1 / options.length;
  for (const option of options) take(option, part);
};

/**
 * A single flow: its hash picks one way at each fork.
 * @param pick gets the number of ways, at least 1, and says which one: 0 to n - 1.
 */
export function singly(pick: (ways: number) => number): Spread {
  return (options, take) => {
    const option = options.length === 0 ? undefined : options[pick(options.length)];
    if (option !== undefined) take(option, 1);
  };
}
