/**
 * The JSONPath dialect of the reference as RFC 9535 has it: paths may begin without `$` (`a.b`, `.a[0]`), names after a dot may hold other characters and
 * begin with a digit, and filters know `=~`, `~=`, `in`, `has` and `exists`.
 */
export function toStandardPath(path: string): string {
  const reader = new PathReader(path);
  const standard = reader.path("$");
  reader.expectEnd();
  return standard;
}

const shorthand = /^[A-Za-z_\u0080-\u{10ffff}][A-Za-z0-9_\u0080-\u{10ffff}]*$/u;
/** A name after a dot ends where the next step or an operator begins. */
const name = /[^\s.[\]()'"=!<>~&|,]+/y;
const blank = /\s+/y;
const quoted = /'(?:[^'\\]|\\[^])*'|"(?:[^"\\]|\\[^])*"/y;
const pattern = /\/((?:[^/\\]|\\[^])*)\//y;
const operator = /==|!=|<=|>=|=~|~=|&&|\|\||[<>!(),]/y;
const word = /[A-Za-z0-9_+.-]+/y;

class PathReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  expectEnd(): void {
    if (this.#at < this.#text.length) throw this.#problem();
  }

  /** A path from here to its end. It begins with `root`, whatever stands there: outside of filters `@` is the whole document, too. */
  path(root: "$" | "@"): string {
    const rooted = /^[$@]/.test(this.#text.slice(this.#at, this.#at + 1));
    if (rooted) this.#at += 1;
    const first = rooted ? undefined : this.#read(name);
    const parts = [root, first === undefined ? "" : member(first)];
    for (let segment = this.#segment(); segment !== undefined; segment = this.#segment()) parts.push(segment);
    return parts.join("");
  }

  #segment(): string | undefined {
    if (this.#text[this.#at] === "[") return this.#brackets();
    if (this.#text[this.#at] !== ".") return undefined;
    const dots = this.#text[this.#at + 1] === "." ? ".." : "";
    this.#at += dots === "" ? 1 : 2;
    if (dots !== "" && this.#text[this.#at] === "[") return dots + this.#brackets();
    const key = this.#read(name);
    if (key === undefined) throw this.#problem();
    // After two dots a name stands without one.
    return dots === "" ? member(key) : dots + member(key).replace(/^\./, "");
  }

  #brackets(): string {
    const parts = ["["];
    this.#at += 1;
    this.#read(blank);
    if (this.#text[this.#at] === "?") return this.#filter();
    while (this.#text[this.#at] !== "]") {
      if (this.#at >= this.#text.length) throw this.#problem();
      parts.push(this.#read(quoted) ?? this.#character());
    }
    this.#at += 1;
    return `${parts.join("")}]`;
  }

  #character(): string {
    this.#at += 1;
    return this.#text.charAt(this.#at - 1);
  }

  /** The rest of `[?`…`]`. */
  #filter(): string {
    const tokens: string[] = [];
    this.#at += 1;
    for (this.#read(blank); this.#text[this.#at] !== "]"; this.#read(blank)) tokens.push(this.#token(tokens));
    this.#at += 1;
    return `[?${tokens.map((token, index) => compared(token, tokens[index - 1], tokens[index + 1])).join("")}]`;
  }

  /** One token; operators that the standard lacks take the operand before them back from `tokens`. */
  #token(tokens: string[]): string {
    const next = this.#text[this.#at];
    if (next === "@" || next === "$") return this.path(next);
    const text = this.#read(quoted) ?? this.#read(operator) ?? this.#read(word);
    if (text === undefined) throw this.#problem();
    const left = (): string => tokens.pop() ?? "";
    if (text === "=~" || text === "~=") return `search(${left()}, ${this.#pattern()})`;
    if (text === "in") return anyOf(left(), this.#list());
    if (text === "has" || text === "exists") return presence(left(), this.#operand());
    return text;
  }

  #operand(): string {
    this.#read(blank);
    return this.#read(word) ?? "";
  }

  /** A regular expression between slashes, or in quotes, as a string literal. */
  #pattern(): string {
    this.#read(blank);
    const written = this.#read(quoted);
    if (written !== undefined) return written;
    const slashed = this.#read(pattern);
    if (slashed === undefined) throw this.#problem();
    return JSON.stringify(slashed.slice(1, -1).replaceAll("\\/", "/"));
  }

  /** `['a', 1]` */
  #list(): readonly string[] {
    this.#read(blank);
    const items: string[] = [];
    if (this.#character() !== "[") throw this.#problem();
    for (this.#read(blank); this.#text[this.#at] !== "]"; this.#read(blank)) {
      const item = this.#read(quoted) ?? this.#read(word);
      if (item !== undefined) items.push(item);
      else if (this.#character() !== ",") throw this.#problem();
    }
    this.#at += 1;
    return items;
  }

  #read(token: RegExp): string | undefined {
    token.lastIndex = this.#at;
    const found = token.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  #problem(): Error {
    const what = this.#at >= this.#text.length ? "not terminated" : "parse error";
    return new Error(`${what} at ${this.#at + 1} in ${this.#text}`);
  }
}

function member(key: string): string {
  return key === "*" || shorthand.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

const comparisons: ReadonlySet<string | undefined> = new Set(["==", "!=", "<", "<=", ">", ">="]);

/** A path beside a comparison as the value that it leads to: the query engine compares elements found by index in no other way. */
function compared(token: string, before: string | undefined, after: string | undefined): string {
  return /^[@$]/.test(token) && (comparisons.has(before) || comparisons.has(after)) ? `value(${token})` : token;
}

function anyOf(left: string, items: readonly string[]): string {
  return items.length === 0 ? "(1==2)" : `(${items.map((item) => `value(${left})==${item}`).join("||")})`;
}

function presence(left: string, wanted: string): string {
  return wanted === "false" ? `!${left}` : left;
}
