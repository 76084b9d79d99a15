/** The name of a header: a token (RFC 9110, 5.6.2). */
export const fieldName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** What the value of a header must not contain (RFC 9110, 5.5): everything but tabs, visible characters and bytes beyond ASCII. */
export const badFieldValue = /[^\t\u0020-\u007e\u0080-\u00ff]/;
