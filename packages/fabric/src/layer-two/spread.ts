/** How traffic is divided where several links, or several ways, are equal. */
export type Spread = <Option>(
  options: readonly Option[],
) => readonly { readonly option: Option; readonly part: number }[];

/** Many flows together: every way has an equal part, as if a perfect hash had dealt them out. */
export const evenly: Spread = (options) => options.map((option) => ({ option, part: 1 / options.length }));

/**
 * A single flow: its hash picks one way at each fork.
 * @param pick gets the number of ways, at least 1, and says which one: 0 to n - 1.
 */
export function singly(pick: (ways: number) => number): Spread {
  return (options) => {
    const option = options[pick(options.length)];
    return option === undefined ? [] : [{ option, part: 1 }];
  };
}
