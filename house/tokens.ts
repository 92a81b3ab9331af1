/**
 * A scanner for TypeScript source, just fine enough to tell code from comments, strings and regular expressions.
 *
 * The rules of the house are about code; a pattern over raw text would also see what comments and messages say. The
 * TypeScript 7 compiler has no JavaScript interface, hence these few lines. Template literals give one `string` token
 * for each stretch of text; the expressions between them are scanned as code.
 *
 * Whether a slash divides or begins a regular expression is decided by the token before it. That is wrong after the
 * parenthesis of `if (x) /re/` and after a block, forms that the formatter's users do not write.
 */
export type TokenKind = "word" | "number" | "string" | "regex" | "punctuation" | "comment";

export type Token = {
  readonly kind: TokenKind;
  /** The text as written; for strings the content without its quotes. */
  readonly text: string;
  readonly line: number;
};

/** Every token of `source`, comments included, in order. */
export function scan(source: string): readonly Token[] {
  const tokens: Token[] = [];
  /** One entry for each open `${`: the number of braces that are open inside it. */
  const templates: number[] = [];
  let line = 1;
  let at = 0;

  const take = (kind: TokenKind, end: number, text = source.slice(at, end)): void => {
    tokens.push({ kind, text, line });
    line += source.slice(at, end).split("\n").length - 1;
    at = end;
  };
  const takeTemplateText = (): void => {
    const end = endOfTemplateText(source, at + 1);
    const opensExpression = source.startsWith("${", end);
    const text = source.slice(at + 1, end);
    if (opensExpression) templates.push(0);
    take("string", end + (opensExpression ? 2 : 1), text);
  };

  while (at < source.length) {
    const character = source.charAt(at);
    const open = templates.at(-1);
    if (/\s/.test(character)) {
      if (character === "\n") line += 1;
      at += 1;
    } else if (source.startsWith("//", at) || (at === 0 && source.startsWith("#!"))) {
      take("comment", endOr(source, source.indexOf("\n", at)));
    } else if (source.startsWith("/*", at)) {
      const end = source.indexOf("*/", at + 2);
      take("comment", end < 0 ? source.length : end + 2);
    } else if (character === '"' || character === "'") {
      const end = endOfQuoted(source, at);
      take("string", end, source.slice(at + 1, end - 1));
    } else if (character === "`") {
      takeTemplateText();
    } else if (character === "}" && open === 0) {
      templates.pop();
      takeTemplateText();
    } else if (character === "/" && beginsRegex(tokens)) {
      take("regex", endOfRegex(source, at));
    } else {
      if (open !== undefined && character === "{") templates[templates.length - 1] = open + 1;
      if (open !== undefined && character === "}") templates[templates.length - 1] = open - 1;
      takeWordNumberOrMark(source, at, take);
    }
  }
  return tokens;
}

/** The tokens that are neither comments nor white space. */
export function codeOf(source: string): readonly Token[] {
  return scan(source).filter((token) => token.kind !== "comment");
}

function takeWordNumberOrMark(source: string, at: number, take: (kind: TokenKind, end: number) => void): void {
  const word = match(/[\p{ID_Start}$_#@][\p{ID_Continue}$]*/uy, source, at);
  const number = match(/\d[\w.]*/y, source, at);
  const mark = match(/\?\.|=>|\.\.\.|./suy, source, at);
  if (word !== "") take("word", at + word.length);
  else if (number !== "") take("number", at + number.length);
  else take("punctuation", at + mark.length);
}

function match(pattern: RegExp, source: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0] ?? "";
}

function endOr(source: string, index: number): number {
  return index < 0 ? source.length : index;
}

function endOfQuoted(source: string, start: number): number {
  const quote = source.charAt(start);
  let at = start + 1;
  while (at < source.length && source.charAt(at) !== quote && source.charAt(at) !== "\n") {
    at += source.charAt(at) === "\\" ? 2 : 1;
  }
  return Math.min(at + 1, source.length);
}

function endOfTemplateText(source: string, start: number): number {
  let at = start;
  while (at < source.length && source.charAt(at) !== "`" && !source.startsWith("${", at)) {
    at += source.charAt(at) === "\\" ? 2 : 1;
  }
  return Math.min(at, source.length);
}

function endOfRegex(source: string, start: number): number {
  let at = start + 1;
  let inClass = false;
  while (at < source.length && source.charAt(at) !== "\n" && (inClass || source.charAt(at) !== "/")) {
    if (source.charAt(at) === "[") inClass = true;
    if (source.charAt(at) === "]") inClass = false;
    at += source.charAt(at) === "\\" ? 2 : 1;
  }
  return Math.min(at + 1, source.length) + match(/[a-z]*/y, source, at + 1).length;
}

const WORDS_BEFORE_REGEX: ReadonlySet<string> = new Set(["return", "typeof", "case", "in", "of", "do", "else", "void"]);

function beginsRegex(before: readonly Token[]): boolean {
  const last = before.findLast((token) => token.kind !== "comment");
  if (last === undefined) return true;
  if (last.kind === "word") return WORDS_BEFORE_REGEX.has(last.text);
  return last.kind === "punctuation" && last.text !== ")" && last.text !== "]" && last.text !== "}";
}
