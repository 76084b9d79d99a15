/** Which patterns are meant: those of Go's `filepath.Glob`, or those with `**` for any depth and `{a,b}` for alternatives. */
export type GlobDialect = "plain" | "extended";

/** One part of a path, or any number of directories. */
export type GlobSegment = "any depth" | { readonly text: string } | { readonly matches: (name: string) => boolean };

type Token = "star" | ((character: string) => boolean);

/** A pattern of many alternatives stands for at most so many. */
const maxAlternatives = 1000;

/** Thrown for a pattern that means nothing. */
export class GlobPatternError extends Error {
  override readonly name = "GlobPatternError";

  constructor(pattern: string) {
    super(`syntax error in pattern ${JSON.stringify(pattern)}`);
  }
}

/** The patterns that stand for the same as one with alternatives. Throws a {@link GlobPatternError} for braces without partner and for too many. */
export function expandBraces(pattern: string): readonly string[] {
  let open = [""];
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at] ?? "";
    if (character === "{") {
      const [alternatives, end] = alternativesAt(pattern, at);
      const expanded = alternatives.flatMap(expandBraces);
      open = open.flatMap((start) => expanded.map((alternative) => start + alternative));
      at = end;
    } else if (character === "}") {
      throw new GlobPatternError(pattern);
    } else {
      const text = character === "\\" ? pattern.slice(at, at + 2) : character;
      open = open.map((start) => start + text);
      at += text.length - 1;
    }
    if (open.length > maxAlternatives) throw new GlobPatternError(pattern);
  }
  return open;
}

/** What stands between a brace and its partner, and where that is. */
function alternativesAt(pattern: string, begin: number): readonly [readonly string[], number] {
  const alternatives: string[] = [];
  let depth = 0;
  let from = begin + 1;
  for (let at = begin; at < pattern.length; at += 1) {
    const character = pattern[at];
    if (character === "\\") at += 1;
    else if (character === "{") depth += 1;
    else if (character === "," && depth === 1) {
      alternatives.push(pattern.slice(from, at));
      from = at + 1;
    } else if (character === "}") {
      depth -= 1;
      if (depth === 0) return [[...alternatives, pattern.slice(from, at)], at];
    }
  }
  throw new GlobPatternError(pattern);
}

/** The parts of a pattern without alternatives. Throws a {@link GlobPatternError} for what is no pattern. */
export function parseSegments(pattern: string, dialect: GlobDialect): readonly GlobSegment[] {
  return pattern.split("/").map((segment) => {
    if (segment === "**" && dialect === "extended") return "any depth";
    if (!/[*?[\\]/.test(segment)) return { text: segment };
    const tokens = tokenize(segment, pattern);
    return { matches: (name) => matchTokens(tokens, Array.from(name)) };
  });
}

function tokenize(segment: string, pattern: string): readonly Token[] {
  const tokens: Token[] = [];
  const characters = Array.from(segment);
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? "";
    if (character === "*") {
      if (tokens.at(-1) !== "star") tokens.push("star");
    } else if (character === "?") tokens.push(() => true);
    else if (character === "[") {
      const [test, end] = characterClass(characters, at, pattern);
      tokens.push(test);
      at = end;
    } else {
      if (character === "\\") at += 1;
      const literal = characters[at];
      if (literal === undefined) throw new GlobPatternError(pattern);
      tokens.push((other) => other === literal);
    }
  }
  return tokens;
}

/** `[a-z0]`, `[^a]` or `[!a]`, and where it ends. */
function characterClass(characters: readonly string[], begin: number, pattern: string): readonly [(character: string) => boolean, number] {
  const negated = characters[begin + 1] === "^" || characters[begin + 1] === "!";
  const ranges: (readonly [string, string])[] = [];
  let at = begin + (negated ? 2 : 1);
  const next = (): string => {
    if (characters[at] === "\\") at += 1;
    const character = characters[at];
    if (character === undefined) throw new GlobPatternError(pattern);
    at += 1;
    return character;
  };
  while (characters[at] !== "]" || ranges.length === 0) {
    const low = next();
    if (characters[at] !== "-" || characters[at + 1] === "]") {
      ranges.push([low, low]);
      continue;
    }
    at += 1;
    ranges.push([low, next()]);
  }
  return [(character) => ranges.some(([low, high]) => low <= character && character <= high) !== negated, at];
}

/** Goes back to the last star only: time grows with the lengths multiplied, whatever the pattern. */
function matchTokens(tokens: readonly Token[], name: readonly string[]): boolean {
  let at = 0;
  let token = 0;
  let star = -1;
  let starAt = 0;
  while (at < name.length) {
    const wanted = tokens[token];
    if (wanted === "star") {
      star = token;
      starAt = at;
      token += 1;
    } else if (wanted?.(name[at] ?? "") === true) {
      at += 1;
      token += 1;
    } else if (star >= 0) {
      starAt += 1;
      at = starAt;
      token = star + 1;
    } else return false;
  }
  return tokens.slice(token).every((rest) => rest === "star");
}
